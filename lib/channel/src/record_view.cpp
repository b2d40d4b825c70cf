#include "record_view.h"

#include <algorithm>
#include <array>

#include "envlock/core/text.h"

namespace envlock::channel {

Field field_of(std::string_view key) {
  if (key.size() < 3) return Field::none;
  switch (key[0]) {
    case 'b':
      if (key == "build") return Field::build;
      if (key == "build_number") return Field::build_number;
      break;
    case 'c':
      if (key == "constrains") return Field::constrains;
      break;
    case 'd':
      if (key == "depends") return Field::depends;
      break;
    case 'i':
      if (key == "indexed_timestamp") return Field::indexed_timestamp;
      break;
    case 'l':
      if (key == "license") return Field::license;
      break;
    case 'm':
      if (key == "md5") return Field::md5;
      break;
    case 'n':
      if (key == "name") return Field::name;
      if (key == "noarch") return Field::noarch;
      break;
    case 'p':
      if (key == "python_site_packages_path") return Field::python_site_packages_path;
      break;
    case 's':
      if (key == "sha256") return Field::sha256;
      if (key == "size") return Field::size;
      break;
    case 't':
      if (key == "timestamp") return Field::timestamp;
      if (key == "track_features") return Field::track_features;
      break;
    case 'v':
      if (key == "version") return Field::version;
      break;
    default:
      break;
  }
  return Field::none;
}

const char* name_of(Field field) {
  constexpr const char* names[] = {"",
                                   "name",
                                   "version",
                                   "build",
                                   "build_number",
                                   "depends",
                                   "constrains",
                                   "sha256",
                                   "md5",
                                   "size",
                                   "license",
                                   "timestamp",
                                   "indexed_timestamp",
                                   "track_features",
                                   "noarch",
                                   "python_site_packages_path"};
  return names[static_cast<std::size_t>(field)];
}

void RecordView::clear() {
  file_name = {};
  name.reset();
  version.reset();
  build.reset();
  build_number = 0;
  depends.clear();
  constrains.clear();
  sha256.reset();
  sha256_text = {};
  md5.reset();
  size.reset();
  license = {};
  timestamp.reset();
  indexed_timestamp.reset();
  track_features.clear();
  noarch = {};
  python_site_packages_path = {};
  wrong = Field::none;
  bad_hash = false;
}

void RecordView::set_key(std::string_view key, Section section) {
  if (section != Section::v3_conda && section != Section::v3_tar_bz2) {
    file_name = key;
    return;
  }
  file_name_buffer.assign(key);
  file_name_buffer += section == Section::v3_conda ? ".conda" : ".tar.bz2";
  file_name = file_name_buffer;
}

bool is_hex(std::string_view text, std::size_t digits) {
  static constexpr auto table = [] {
    std::array<std::uint8_t, 256> bad{};
    bad.fill(1);
    for (const char c : std::string_view("0123456789abcdefABCDEF")) bad[static_cast<unsigned char>(c)] = 0;
    return bad;
  }();
  if (text.size() != digits) return false;
  std::uint8_t bad = 0;
  for (const char c : text) bad |= table[static_cast<unsigned char>(c)];
  return bad == 0;
}

core::Milliseconds milliseconds_of(std::int64_t timestamp) {
  // 9999-12-31T23:59:59Z in seconds: what is greater must be milliseconds.
  constexpr std::int64_t last_second = 253402300799;
  return timestamp > last_second || timestamp < -last_second ? timestamp : timestamp * 1000;
}

std::string_view lower_name(std::string_view name, std::string& buffer) {
  if (std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) return name;
  buffer = core::to_lower(name);
  return buffer;
}

std::optional<Complaint> check(const RecordView& record) {
  const auto quoted = [&record](const std::string& rest) { return core::printable(record.file_name) + ": " + rest; };
  if (record.wrong != Field::none) {
    return Complaint{Flaw::wrong_type,
                     quoted(std::string("`") + name_of(record.wrong) + "` has a wrong type or value")};
  }
  for (const auto& [value, field] : {std::pair{&record.name, Field::name}, std::pair{&record.version, Field::version},
                                     std::pair{&record.build, Field::build}}) {
    if (!value->has_value())
      return Complaint{Flaw::wrong_type, quoted(std::string("`") + name_of(field) + "` is missing")};
  }
  const auto parts = conda::split_file_name(record.file_name);
  if (!parts || !conda::is_safe_file_name(record.file_name)) {
    return Complaint{Flaw::unsafe_file_name, core::printable(record.file_name)};
  }
  std::string from_file;
  std::string from_field;
  if (lower_name(parts->name, from_file) != lower_name(*record.name, from_field)) {
    return Complaint{Flaw::lying_file_name, quoted("`name` is `" + core::printable(*record.name) + "`")};
  }
  if (parts->version != *record.version) {
    return Complaint{Flaw::lying_file_name, quoted("`version` is `" + core::printable(*record.version) + "`")};
  }
  if (parts->build != *record.build) {
    return Complaint{Flaw::lying_file_name, quoted("`build` is `" + core::printable(*record.build) + "`")};
  }
  return std::nullopt;
}

std::vector<std::string> split_features(const std::vector<std::string_view>& texts) {
  std::vector<std::string> features;
  for (const std::string_view text : texts) {
    std::size_t at = 0;
    while ((at = text.find_first_not_of(" ,\t\n", at)) != std::string_view::npos) {
      const std::size_t end = std::min(text.find_first_of(" ,\t\n", at), text.size());
      features.emplace_back(text.substr(at, end - at));
      at = end;
    }
  }
  std::sort(features.begin(), features.end());
  features.erase(std::unique(features.begin(), features.end()), features.end());
  return features;
}

conda::PackageRecord to_package_record(const RecordView& view) {
  conda::PackageRecord record;
  std::string buffer;
  record.name = lower_name(view.name.value_or(""), buffer);
  record.version = view.version.value_or("");
  record.build = view.build.value_or("");
  record.build_number = view.build_number;
  record.file_name = view.file_name;
  record.sha256 = view.sha256;
  record.md5 = view.md5;
  record.size = view.size;
  record.depends.assign(view.depends.begin(), view.depends.end());
  record.constrains.assign(view.constrains.begin(), view.constrains.end());
  record.license = view.license;
  record.timestamp = view.timestamp;
  record.indexed_timestamp = view.indexed_timestamp;
  record.track_features = split_features(view.track_features);
  record.noarch = view.noarch;
  record.python_site_packages_path = view.python_site_packages_path;
  return record;
}

}  // namespace envlock::channel
