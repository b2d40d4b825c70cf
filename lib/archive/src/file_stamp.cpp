#include "file_stamp.h"

#include <sys/stat.h>

namespace envlock::archive {

FileStamp stamp_of(const struct stat& status) {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = static_cast<std::uint64_t>(status.st_size),
          .mtime_nanoseconds = status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec,
          .ctime_nanoseconds = status.st_ctim.tv_sec * kNanoseconds + status.st_ctim.tv_nsec};
}

std::optional<FileStamp> stamp_of(const std::filesystem::path& file) {
  struct stat status {};
  if (lstat(file.c_str(), &status) != 0) return std::nullopt;
  return stamp_of(status);
}

}  // namespace envlock::archive
