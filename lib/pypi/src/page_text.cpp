#include "page_text.h"

#include <algorithm>
#include <cstring>

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

void read_file(Reader& reader, std::string_view start, const IndexFile* before, IndexFile& file) {
  const std::uint64_t bits = reader.number();
  file.file_name = std::string(reader.text());
  const std::string_view url = reader.text();
  file.url.reserve(start.size() + url.size() + file.file_name.size());
  file.url.append(start).append(url);
  if ((bits & kNameInUrl) != 0) file.url.append(file.file_name);
  if ((bits & kSamePython) == 0) {
    file.requires_python = std::string(reader.text());
  } else if (before != nullptr) {
    file.requires_python = before->requires_python;
  }
  if ((bits & kHasSha256) != 0) file.sha256 = reader.digest();
  if ((bits & kHasSize) != 0) file.size = reader.number();
  if ((bits & kHasTime) != 0) file.upload_time = static_cast<core::Milliseconds>(reader.number());
  file.yanked = (bits & kYanked) != 0;
  if (file.yanked) file.yanked_reason = std::string(reader.text());
  file.has_metadata = (bits & kHasMetadata) != 0;
  if ((bits & kHasMetadataSha256) != 0) file.metadata_sha256 = reader.digest();
}

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

std::optional<ProjectPage> unpack_page(std::string_view bytes) {
  Reader reader(bytes);
  ProjectPage page;
  page.name = std::string(reader.text());
  page.status = std::string(reader.text());
  page.status_reason = std::string(reader.text());
  const std::string_view start = reader.text();
  const std::uint64_t count = reader.number();
  if (reader.broken || count > bytes.size()) return std::nullopt;  // each file takes more than one byte
  page.files.resize(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < page.files.size() && !reader.broken; ++i) {
    read_file(reader, start, i == 0 ? nullptr : &page.files[i - 1], page.files[i]);
  }
  if (reader.broken || !reader.at_end()) return std::nullopt;
  return page;
}

}  // namespace envlock::pypi
