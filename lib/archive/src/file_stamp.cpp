#include <sys/stat.h>

#include "envlock/archive/package_cache.h"

namespace envlock::archive {

std::optional<FileStamp> stamp_of(const std::filesystem::path& file) {
  struct stat status {};
  if (lstat(file.c_str(), &status) != 0) return std::nullopt;
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  return FileStamp{.device = status.st_dev,
                   .inode = status.st_ino,
                   .size = static_cast<std::uint64_t>(status.st_size),
                   .mtime_nanoseconds = status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec,
                   .ctime_nanoseconds = status.st_ctim.tv_sec * kNanoseconds + status.st_ctim.tv_nsec};
}

}  // namespace envlock::archive
