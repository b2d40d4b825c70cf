#include "cached_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <string>
#include <thread>

#include "descriptor.h"
#include "file_stamp.h"

namespace envlock::archive {
namespace {

constexpr std::size_t kPiece = 256 << 10;
constexpr std::int64_t kNanoseconds = 1'000'000'000;

bool has_hash(const std::filesystem::path& path, const UnpackedFile& file) {
  const Descriptor opened(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!opened) return false;
  core::Sha256Hasher hasher;
  // One byte more than there should be, to see that there is no more.
  std::string buffer(static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, file.entry.size + 1)), '\0');
  std::uint64_t total = 0;
  for (;;) {
    const ssize_t got = read(opened.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) break;
    total += static_cast<std::uint64_t>(got);
    if (total > file.entry.size) return false;
    hasher.update({buffer.data(), static_cast<std::size_t>(got)});
  }
  return total == file.entry.size && hasher.finish() == file.sha256;
}

bool has_target(const std::filesystem::path& path, const std::string& target) {
  std::string buffer(target.size() + 1, '\0');
  const ssize_t length = readlink(path.c_str(), buffer.data(), buffer.size());
  return length >= 0 && std::string_view(buffer.data(), static_cast<std::size_t>(length)) == target;
}

/// The time that the file system gives to what is written now. It moves in ticks of some milliseconds.
std::int64_t file_clock() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return now.tv_sec * kNanoseconds + now.tv_nsec;
}

FileStamp stamp_if_same(const Unpacked& package, const UnpackedFile& file) {
  const std::optional<FileStamp> stamp = stamp_of(package.path_of(file));
  if (!stamp || stamp->size != file.entry.size) return {};
  return stamp->mtime_nanoseconds == file.entry.mtime_seconds * kNanoseconds ? *stamp : FileStamp{};
}

}  // namespace

bool is_as_unpacked(const std::filesystem::path& path, const UnpackedFile& file) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return false;
  if (file.entry.kind == EntryKind::directory) return S_ISDIR(status.st_mode);
  if (file.entry.kind == EntryKind::symlink) return S_ISLNK(status.st_mode) && has_target(path, file.entry.link_target);
  if (!S_ISREG(status.st_mode)) return false;
  if (stamp_of(status) == file.stamp) return true;
  return (status.st_mode & 07777) == file.entry.mode && static_cast<std::uint64_t>(status.st_size) == file.entry.size &&
         has_hash(path, file);
}

void take_stamps(const Unpacked& package, std::vector<UnpackedFile>& files) {
  // Whoever writes to a file within the tick of its ctime, after we looked, leaves no trace there. So a stamp counts
  // only when the clock had moved on from its ctime before it was taken; the others are taken again a tick later.
  const std::int64_t start = file_clock();
  std::int64_t latest = 0;
  for (UnpackedFile& file : files) {
    if (file.entry.kind != EntryKind::file) continue;
    file.stamp = stamp_if_same(package, file);
    latest = std::max(latest, file.stamp.ctime_nanoseconds);
  }
  if (latest < start) return;
  if (latest > start + kNanoseconds) latest = start;  // a clock that jumped: do not wait for it
  while (file_clock() <= latest) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  for (UnpackedFile& file : files) {
    if (file.stamp.ctime_nanoseconds < start) continue;
    const FileStamp again = stamp_if_same(package, file);
    file.stamp = again == file.stamp && again.ctime_nanoseconds <= latest ? again : FileStamp{};
  }
}

}  // namespace envlock::archive
