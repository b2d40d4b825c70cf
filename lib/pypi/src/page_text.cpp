#include "page_text.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>

namespace envlock::pypi {
namespace {

/// Which fields a file has.
enum Bits : unsigned {
  kHasSha256 = 1,
  kHasSize = 2,
  kHasTime = 4,
  kYanked = 8,
  kHasMetadata = 16,
  kHasMetadataSha256 = 32,
  kSamePython = 64,  ///< requires-python is that of the file before
  kNameInUrl = 128,  ///< the URL ends with the file's name
};

class Writer {
 public:
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out += static_cast<char>(0x80 | (value & 0x7f));
    out += static_cast<char>(value);
  }
  void text(std::string_view value) {
    number(value.size());
    out += value;
  }
  void digest(const core::Sha256& value) {
    out.append(reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size());
  }
  std::string out;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) break;
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return value;
    }
    broken = true;
    return 0;
  }
  std::string_view text() { return take(number()); }
  core::Sha256 digest() {
    core::Sha256 value;
    const std::string_view bytes = take(value.bytes.size());
    if (!broken) std::memcpy(value.bytes.data(), bytes.data(), bytes.size());
    return value;
  }
  bool at_end() const { return rest_.empty(); }
  bool broken = false;

 private:
  std::string_view take(std::uint64_t count) {
    if (count > rest_.size()) {
      broken = true;
      return {};
    }
    const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(count));
    rest_.remove_prefix(static_cast<std::size_t>(count));
    return taken;
  }
  std::string_view rest_;
};

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

/// What all URLs begin with.
std::string_view common_start(const std::vector<IndexFile>& files) {
  if (files.empty()) return {};
  std::string_view start = files.front().url;
  for (const IndexFile& file : files) {
    const std::size_t length = std::min(start.size(), file.url.size());
    const auto differ =
        std::mismatch(start.begin(), start.begin() + static_cast<std::ptrdiff_t>(length), file.url.begin());
    start = start.substr(0, static_cast<std::size_t>(differ.first - start.begin()));
  }
  return start;
}

unsigned bits_of(const IndexFile& file, const IndexFile* before, std::string_view rest_of_url) {
  unsigned bits = 0;
  if (file.sha256) bits |= kHasSha256;
  if (file.size) bits |= kHasSize;
  if (file.upload_time) bits |= kHasTime;
  if (file.yanked) bits |= kYanked;
  if (file.has_metadata) bits |= kHasMetadata;
  if (file.metadata_sha256) bits |= kHasMetadataSha256;
  if (before != nullptr && before->requires_python == file.requires_python) bits |= kSamePython;
  if (ends_with(rest_of_url, file.file_name)) bits |= kNameInUrl;
  return bits;
}

void write_file(Writer& writer, const IndexFile& file, const IndexFile* before, std::size_t start) {
  const std::string_view url = std::string_view(file.url).substr(start);
  const unsigned bits = bits_of(file, before, url);
  writer.number(bits);
  writer.text(file.file_name);
  writer.text((bits & kNameInUrl) != 0 ? url.substr(0, url.size() - file.file_name.size()) : url);
  if ((bits & kSamePython) == 0) writer.text(file.requires_python);
  if (file.sha256) writer.digest(*file.sha256);
  if (file.size) writer.number(*file.size);
  if (file.upload_time) writer.number(static_cast<std::uint64_t>(*file.upload_time));
  if (file.yanked) writer.text(file.yanked_reason);
  if (file.metadata_sha256) writer.digest(*file.metadata_sha256);
}

/// A file as it lies in the text: nothing is copied until it is known to be wanted.
struct FileText {
  std::uint64_t bits = 0;
  std::string_view file_name;
  std::string_view url;  ///< between the common start and the file's name, if that ends it
  std::string_view requires_python;
  std::optional<core::Sha256> sha256;
  std::optional<std::uint64_t> size;
  std::optional<core::Milliseconds> upload_time;
  std::string_view yanked_reason;
  std::optional<core::Sha256> metadata_sha256;
};

FileText read_file(Reader& reader, std::string_view python_before) {
  FileText file;
  file.bits = reader.number();
  file.file_name = reader.text();
  file.url = reader.text();
  file.requires_python = (file.bits & kSamePython) == 0 ? reader.text() : python_before;
  if ((file.bits & kHasSha256) != 0) file.sha256 = reader.digest();
  if ((file.bits & kHasSize) != 0) file.size = reader.number();
  if ((file.bits & kHasTime) != 0) file.upload_time = static_cast<core::Milliseconds>(reader.number());
  if ((file.bits & kYanked) != 0) file.yanked_reason = reader.text();
  if ((file.bits & kHasMetadataSha256) != 0) file.metadata_sha256 = reader.digest();
  return file;
}

IndexFile make_file(const FileText& text, std::string_view start) {
  IndexFile file;
  file.file_name = std::string(text.file_name);
  file.url.reserve(start.size() + text.url.size() + text.file_name.size());
  file.url.append(start).append(text.url);
  if ((text.bits & kNameInUrl) != 0) file.url.append(text.file_name);
  file.sha256 = text.sha256;
  file.requires_python = std::string(text.requires_python);
  file.size = text.size;
  file.upload_time = text.upload_time;
  file.yanked = (text.bits & kYanked) != 0;
  file.yanked_reason = std::string(text.yanked_reason);
  file.has_metadata = (text.bits & kHasMetadata) != 0;
  file.metadata_sha256 = text.metadata_sha256;
  return file;
}

/// Which files of a page are wanted. Thousands of wheels end in a few dozen ways: each of these is asked for once.
class Selection {
 public:
  explicit Selection(const WheelFilter& fits) : fits_(fits) {}

  bool wants(std::string_view file_name) {
    if (!fits_ || !ends_with(file_name, ".whl")) return true;
    std::size_t tags = file_name.size();
    for (int i = 0; i < 3 && tags != std::string_view::npos && tags > 0; ++i) tags = file_name.rfind('-', tags - 1);
    if (tags == std::string_view::npos) return true;
    const auto [known, added] = fitting_.try_emplace(file_name.substr(tags), true);
    if (added) {
      const auto wheel = parse_wheel_name(file_name);
      known->second = !wheel || fits_(*wheel);
    }
    if (known->second) return true;
    // One a version stays, for who asks why there is none: its Requires-Python, or only that it exists.
    const std::string_view version = file_name.substr(0, file_name.find('-', file_name.find('-') + 1));
    return std::exchange(version_, version) != version;
  }

 private:
  const WheelFilter& fits_;
  std::unordered_map<std::string_view, bool> fitting_;
  std::string_view version_;  ///< name and version of the last that stayed although it does not fit
};

}  // namespace

std::string pack_page(const ProjectPage& page) {
  Writer writer;
  const std::string_view start = common_start(page.files);
  writer.text(page.name);
  writer.text(page.status);
  writer.text(page.status_reason);
  writer.text(start);
  writer.number(page.files.size());
  for (std::size_t i = 0; i < page.files.size(); ++i) {
    write_file(writer, page.files[i], i == 0 ? nullptr : &page.files[i - 1], start.size());
  }
  return std::move(writer.out);
}

std::optional<ProjectPage> unpack_page(std::string_view bytes, const WheelFilter& fits) {
  Reader reader(bytes);
  ProjectPage page;
  page.name = std::string(reader.text());
  page.status = std::string(reader.text());
  page.status_reason = std::string(reader.text());
  const std::string_view start = reader.text();
  const std::uint64_t count = reader.number();
  if (reader.broken || count > bytes.size()) return std::nullopt;  // each file takes more than one byte
  if (!fits) page.files.reserve(static_cast<std::size_t>(count));
  Selection selection(fits);
  std::string_view python;
  for (std::uint64_t i = 0; i < count && !reader.broken; ++i) {
    const FileText file = read_file(reader, python);
    python = file.requires_python;
    if (!reader.broken && selection.wants(file.file_name)) page.files.push_back(make_file(file, start));
  }
  if (reader.broken || !reader.at_end()) return std::nullopt;
  return page;
}

}  // namespace envlock::pypi
