#include "local_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <ctime>
#include <string_view>
#include <system_error>

#include "checks.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "failure.h"

namespace envlock::fetch {
namespace {

/// Time stamps of a file system are coarse: a file that changed within this many seconds may change again unseen.
constexpr std::int64_t kRacySeconds = 2;

bool changed_lately(const struct stat& status) {
  struct timespec now {};
  clock_gettime(CLOCK_REALTIME, &now);
  const std::int64_t changed = std::max<std::int64_t>(status.st_mtim.tv_sec, status.st_ctim.tv_sec);
  return changed + kRacySeconds >= now.tv_sec;
}

std::string key_of_status(const struct stat& status) {
  const auto part = [](auto number) { return std::to_string(number) + ' '; };
  return "file-" + core::format(core::sha256(part(status.st_dev) + part(status.st_ino) + part(status.st_size) +
                                             part(status.st_mtim.tv_sec) + part(status.st_mtim.tv_nsec) +
                                             part(status.st_ctim.tv_sec) + part(status.st_ctim.tv_nsec)));
}

/// A folder has no server that tells the type of its files.
std::string type_by_name(const std::filesystem::path& path) {
  const std::string extension = core::to_lower(path.extension().string());
  if (extension == ".html" || extension == ".htm") return "text/html";
  return extension == ".json" ? "application/json" : "";
}

Fetched unreadable(const std::filesystem::path& path, int error) {
  Fetched result;
  result.status = error == ENOENT || error == ENOTDIR ? Status::not_found : Status::failed;
  result.failure = failure_of_file(path, error);
  return result;
}

}  // namespace

std::optional<std::filesystem::path> local_path(const std::string& place) {
  if (!place.empty() && place.front() == '/') return place;
  if (std::optional<std::string> path = core::path_of_file_url(place)) return *path;
  return std::nullopt;
}

Fetched serve_local(const std::filesystem::path& path, const Download& download) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return unreadable(path, errno);
  if (S_ISDIR(status.st_mode)) return unreadable(path, EISDIR);
  if (!S_ISREG(status.st_mode)) return unreadable(path, EINVAL);
  Fetched result;
  result.path = path;
  result.served_by = core::file_url(path.string());
  const auto size = static_cast<std::uint64_t>(status.st_size);
  result.final_url = result.served_by;
  result.content_type = type_by_name(path);
  if (download.range) result.whole_size = size;  // parts of it are for whoever maps it
  if (!download.range) result.failure = check_size(download, size, result.served_by);
  if (result.failure) return result;
  try {
    if (download.sha256 || download.md5 || (changed_lately(status) && !download.range)) {
      const core::MappedFile file(path);
      BodyHash hash(download);
      hash.update(file.bytes());
      const BodyDigests digests = hash.finish();
      result.failure = check_digests(download, digests, size, result.served_by);
      if (result.failure) return result;
      result.content_key = content_key(digests.sha256);
    } else {
      result.content_key = key_of_status(status);
      core::MappedFile{path};  // a file that may not be read is found out here and not by whoever asked for it
    }
  } catch (const core::Error& error) {
    result.failure = error.diagnostics().front();
    return result;
  }
  result.status = Status::ok;
  result.from_cache = true;
  return result;
}

}  // namespace envlock::fetch
