#include "stamps.h"

#include <charconv>

#include "envlock/core/diagnostic.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"

namespace envlock::verify {
namespace {

constexpr std::string_view kFirstLine = "envlock-verify-stamps 1 ";
constexpr std::string_view kChecksum = "checksum ";
constexpr std::uint64_t kLargestFile = std::uint64_t{1} << 30;

/// Without tabs and line feeds.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\t') {
      out += "\\t";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\\') {
      out += "\\\\";
    } else {
      out += c;
    }
  }
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    out += c == 't' ? '\t' : c == 'n' ? '\n' : c;
  }
  return out;
}

std::string hash_text(const std::optional<core::Sha256>& hash) {
  return hash ? core::format(*hash) : "-";
}

char letter_of(Proof proof) {
  switch (proof) {
    case Proof::archive:
      return 'a';
    case Proof::accepted:
      return 's';
    case Proof::local:
      return 'l';
    case Proof::record:
      return 'r';
    case Proof::none:
      break;
  }
  return 'n';
}

char letter_of(const WantedPath& wanted) {
  switch (wanted.kind) {
    case WantedKind::symlink:
      return 'l';
    case WantedKind::directory:
      return 'd';
    case WantedKind::entry_point:
    case WantedKind::file:
      break;
  }
  // A script of an entry point is the bytes that were found right; a file with a placeholder likewise.
  return wanted.placeholder ? 'p' : 'f';
}

void write_layout(std::string& out, const std::string& key, const PackageLayout& layout) {
  out +=
      std::string("package\t") + letter_of(layout.proof) + "\t" + escaped(key) + "\t" + escaped(layout.archive) + "\n";
  for (const std::string& script : layout.link_scripts) out += "script\t" + escaped(script) + "\n";
  for (const WantedPath& wanted : layout.paths) {
    out += std::string("want\t") + letter_of(wanted) + "\t" + (wanted.mode ? std::to_string(*wanted.mode) : "-") +
           "\t" + hash_text(wanted.sha256) + "\t" + escaped(wanted.path) + "\t" +
           (wanted.target ? "=" + escaped(*wanted.target) : std::string()) + "\n";
  }
}

template <typename Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc() && end == text.data() + text.size();
}

bool read_hash(std::string_view text, std::optional<core::Sha256>& hash) {
  if (text == "-") return true;
  hash = core::parse_sha256(text);
  return hash.has_value();
}

bool read_package(const std::vector<std::string_view>& fields, Stamps& stamps, PackageLayout*& current) {
  if (fields.size() != 4 || fields[1].size() != 1) return false;
  current = &stamps.layouts[unescaped(fields[2])];
  current->archive = unescaped(fields[3]);
  current->proof = fields[1] == "a"   ? Proof::archive
                   : fields[1] == "s" ? Proof::accepted
                   : fields[1] == "l" ? Proof::local
                   : fields[1] == "r" ? Proof::record
                                      : Proof::none;
  return true;
}

bool read_want(const std::vector<std::string_view>& fields, PackageLayout& layout) {
  if (fields.size() != 6 || fields[1].size() != 1) return false;
  WantedPath wanted;
  const char letter = fields[1].front();
  wanted.kind = letter == 'l' ? WantedKind::symlink : letter == 'd' ? WantedKind::directory : WantedKind::file;
  if (letter == 'p') wanted.placeholder = prefix::Placeholder{};
  if (fields[2] != "-") {
    std::uint32_t mode = 0;
    if (!read_number(fields[2], mode)) return false;
    wanted.mode = mode;
  }
  if (!read_hash(fields[3], wanted.sha256)) return false;
  wanted.path = unescaped(fields[4]);
  if (!fields[5].empty()) wanted.target = unescaped(fields[5].substr(1));
  layout.paths.push_back(std::move(wanted));
  return true;
}

bool read_file_line(const std::vector<std::string_view>& fields, Stamps& stamps) {
  if (fields.size() != 8) return false;
  Stamps::File file;
  const bool good = read_number(fields[1], file.stamp.device) && read_number(fields[2], file.stamp.inode) &&
                    read_number(fields[3], file.stamp.size) && read_number(fields[4], file.stamp.mtime_nanoseconds) &&
                    read_number(fields[5], file.stamp.ctime_nanoseconds) && read_hash(fields[6], file.sha256);
  if (good) stamps.files.emplace_hint(stamps.files.end(), unescaped(fields[7]), file);
  return good;
}

bool read_line(std::string_view line, Stamps& stamps, PackageLayout*& current) {
  const std::vector<std::string_view> fields = core::split(line, '\t');
  if (fields[0] == "package") return read_package(fields, stamps, current);
  if (fields[0] == "file") return read_file_line(fields, stamps);
  if (current == nullptr) return false;
  if (fields[0] == "want") return read_want(fields, *current);
  if (fields[0] != "script" || fields.size() != 2) return false;
  current->link_scripts.push_back(unescaped(fields[1]));
  return true;
}

}  // namespace

core::Sha256 stamps_binding(const std::string& prefix, const std::vector<conda::PackageRecord>& records,
                            const Expected* expected) {
  std::string text = escaped(prefix) + "\n";
  for (const conda::PackageRecord& record : records) {
    text += escaped(record.name) + "\t" + escaped(record.version) + "\t" + escaped(record.build) + "\t" +
            hash_text(record.sha256) + "\t" + (record.md5 ? core::format(*record.md5) : "-") + "\n";
  }
  if (expected != nullptr) {
    text += "lock\n";
    for (const std::string& name : expected->pip_names) text += "pip\t" + escaped(name) + "\n";
    for (const lock::LockedWheel& wheel : expected->wheels) {
      text += "wheel\t" + escaped(wheel.name) + "\t" + escaped(wheel.version) + "\t" + hash_text(wheel.sha256) + "\n";
    }
    for (const UnhashedDistribution& each : expected->unhashed) text += "place\t" + escaped(each.name) + "\n";
  }
  return core::sha256(text);
}

std::string format_stamps(const Stamps& stamps, const core::Sha256& binding) {
  std::string out = std::string(kFirstLine) + core::format(binding) + "\n";
  for (const auto& [key, layout] : stamps.layouts) write_layout(out, key, layout);
  for (const auto& [path, file] : stamps.files) {
    out += "file\t" + std::to_string(file.stamp.device) + "\t" + std::to_string(file.stamp.inode) + "\t" +
           std::to_string(file.stamp.size) + "\t" + std::to_string(file.stamp.mtime_nanoseconds) + "\t" +
           std::to_string(file.stamp.ctime_nanoseconds) + "\t" + hash_text(file.sha256) + "\t" + escaped(path) + "\n";
  }
  return out + std::string(kChecksum) + core::format(core::sha256(out)) + "\n";
}

std::optional<Stamps> parse_stamps(std::string_view text, const core::Sha256& binding) {
  const std::string first = std::string(kFirstLine) + core::format(binding) + "\n";
  if (text.substr(0, first.size()) != first || text.back() != '\n') return std::nullopt;
  const std::size_t last = text.rfind('\n', text.size() - 2);
  if (last == std::string_view::npos) return std::nullopt;
  const std::string_view body = text.substr(0, last + 1);
  if (text.substr(last + 1) != std::string(kChecksum) + core::format(core::sha256(body)) + "\n") return std::nullopt;
  Stamps stamps;
  PackageLayout* current = nullptr;
  std::string_view rest = body.substr(first.size());
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (!read_line(rest.substr(0, end), stamps, current)) return std::nullopt;
    rest.remove_prefix(end + 1);
  }
  return stamps;
}

std::optional<Stamps> read_stamps(const std::filesystem::path& file, const core::Sha256& binding) {
  if (file.empty()) return std::nullopt;
  try {
    std::error_code error;
    if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(file, error))) return std::nullopt;
    return parse_stamps(core::read_file(file, kLargestFile), binding);
  } catch (const core::Error&) {
    return std::nullopt;
  }
}

void write_stamps(const std::filesystem::path& file, const Stamps& stamps, const core::Sha256& binding) {
  if (file.empty()) return;
  std::error_code ignored;
  std::filesystem::create_directories(file.parent_path(), ignored);
  // A link there would be followed, and lead anywhere.
  if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(file, ignored))) {
    std::filesystem::remove(file, ignored);
  }
  try {
    core::write_file_atomically(file, format_stamps(stamps, binding));
  } catch (const core::Error&) {
    // Nothing is lost but the next run's time.
  }
}

}  // namespace envlock::verify
