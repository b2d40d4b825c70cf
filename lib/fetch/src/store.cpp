#include "store.h"

#include <sys/stat.h>

#include <cerrno>

#include "envlock/core/diagnostic.h"
#include "envlock/core/file.h"
#include "envlock/core/url.h"

namespace envlock::fetch {
namespace {

constexpr std::uint64_t kLargestEntry = 64 << 10;

std::optional<std::uint64_t> size_of_file(const std::filesystem::path& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

int make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  return error ? error.value() : 0;
}

}  // namespace

std::string format(const ByteRange& range) {
  if (!range.offset) return "-" + std::to_string(range.length);
  return std::to_string(*range.offset) + "-" + std::to_string(*range.offset + range.length - 1);
}

std::string cache_key(const std::string& url, const Download& download) {
  const std::string plain = core::strip_credentials(url);
  std::string key = plain.substr(0, plain.find('#'));
  if (!download.accept.empty()) key += "\naccept: " + download.accept;
  if (download.range) key += "\nrange: " + format(*download.range);
  return key;
}

std::filesystem::path Store::body_path(const core::Sha256& sha256) const {
  const std::string hex = core::format(sha256);
  return folder_ / "bodies" / hex.substr(0, 2) / hex;
}

std::filesystem::path Store::entry_path(const std::string& key) const {
  const std::string hex = core::format(core::sha256(key));
  return folder_ / "urls" / hex.substr(0, 2) / (hex + ".json");
}

std::optional<std::filesystem::path> Store::body(const core::Sha256& sha256, std::optional<std::uint64_t> size,
                                                 Check check) const {
  std::filesystem::path path = body_path(sha256);
  const std::optional<std::uint64_t> have = size_of_file(path);
  if (!have || (size && *have != *size)) return std::nullopt;
  if (size && (*size > kHashedOnUse || check == Check::size)) return path;
  try {
    if (core::sha256(core::MappedFile(path).bytes()) != sha256) return std::nullopt;
  } catch (const core::Error&) {
    return std::nullopt;
  }
  return path;
}

std::optional<Copy> Store::copy(const std::string& key, Check check) const {
  const std::filesystem::path path = entry_path(key);
  if (!size_of_file(path)) return std::nullopt;
  try {
    std::optional<Entry> entry = parse_entry(core::read_file(path, kLargestEntry));
    if (!entry) return std::nullopt;
    std::optional<std::filesystem::path> file = body(entry->sha256, entry->size, check);
    if (!file) return std::nullopt;
    return Copy{std::move(*entry), std::move(*file)};
  } catch (const core::Error&) {
    return std::nullopt;
  }
}

int Store::prepare() {
  if (prepared_) return 0;
  if (const int error = make_folder(parts())) return error;
  PartFile::sweep(parts());
  const std::filesystem::path tag = folder_.parent_path() / "CACHEDIR.TAG";
  if (!size_of_file(tag)) {
    try {  // backup programs know this file and pass the folder over
      core::write_file_atomically(tag, "Signature: 8a477f597d28d172789f06886806bc55\n# Written by envlock.\n");
    } catch (const core::Error&) {  // NOLINT: a missing tag harms nobody
    }
  }
  prepared_ = true;
  return 0;
}

std::optional<PartFile> Store::begin(int& error) {
  error = prepare();
  if (error != 0) return std::nullopt;
  std::optional<PartFile> part = PartFile::create(parts(), error);
  if (!part && error == ENOENT) {  // somebody cleaned the cache while we worked
    prepared_ = false;
    error = prepare();
    if (error == 0) part = PartFile::create(parts(), error);
  }
  return part;
}

int Store::keep(PartFile& part, const core::Sha256& sha256, std::uint64_t size) {
  const std::filesystem::path target = body_path(sha256);
  if (const int error = make_folder(target.parent_path())) return error;
  return part.publish(target, size > kHashedOnUse);
}

int Store::remember(const std::string& key, const Entry& entry) {
  int error = 0;
  std::optional<PartFile> part = begin(error);
  if (!part) return error;
  const std::filesystem::path target = entry_path(key);
  error = make_folder(target.parent_path());
  if (error == 0) error = part->write(format(entry));
  return error != 0 ? error : part->publish(target, false);
}

void Store::forget(const std::string& key) {
  std::error_code ignored;
  std::filesystem::remove(entry_path(key), ignored);
}

}  // namespace envlock::fetch
