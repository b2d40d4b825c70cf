#include "cached_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <optional>
#include <string>
#include <thread>

#include "descriptor.h"
#include "file_stamp.h"

namespace envlock::archive {
namespace {

constexpr std::size_t kPiece = 256 << 10;
constexpr std::int64_t kNanoseconds = 1'000'000'000;

/// Where a cached file is, from an open folder on or from nowhere.
struct Place {
  Place(const Unpacked& package, const UnpackedFile& file, int open_folder)
      : folder(open_folder < 0 ? AT_FDCWD : open_folder), inside(file.entry.path) {
    if (open_folder < 0) whole = package.path_of(file).string();
  }
  const char* path() const { return whole.empty() ? inside.c_str() : whole.c_str(); }

  int folder;
  const std::string& inside;
  std::string whole;
};

bool has_hash(const Place& place, const UnpackedFile& file) {
  const Descriptor opened(
      openat(place.folder, place.path(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!opened) return false;
  static const core::Sha256Prefix plain("");
  static thread_local std::string buffer(kPiece, '\0');
  std::optional<core::Sha256Hasher> hasher;  // a file that one read gives whole needs none
  std::uint64_t total = 0;
  for (;;) {
    const ssize_t got = read(opened.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    if (got == 0) break;
    total += bytes.size();
    if (total > file.entry.size) return false;
    if (!hasher && total == file.entry.size && bytes.size() < buffer.size()) return plain.of(bytes) == file.sha256;
    if (!hasher) hasher.emplace();
    hasher->update(bytes);
  }
  if (!hasher) return file.entry.size == 0 && plain.of("") == file.sha256;
  return total == file.entry.size && hasher->finish() == file.sha256;
}

bool has_target(const Place& place, const std::string& target) {
  std::string buffer(target.size() + 1, '\0');
  const ssize_t length = readlinkat(place.folder, place.path(), buffer.data(), buffer.size());
  return length >= 0 && std::string_view(buffer.data(), static_cast<std::size_t>(length)) == target;
}

/// The time that the file system gives to what is written now. It moves in ticks of some milliseconds.
std::int64_t file_clock() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return now.tv_sec * kNanoseconds + now.tv_nsec;
}

bool has_mode_and_time(const struct stat& status, const UnpackedFile& file) {
  return (status.st_mode & 07777) == file.entry.mode && status.st_mtim.tv_sec == file.entry.mtime_seconds &&
         status.st_mtim.tv_nsec == 0;
}

FileStamp stamp_if_same(const Unpacked& package, const UnpackedFile& file, int folder) {
  const Place place(package, file, folder);
  struct stat status {};
  if (fstatat(place.folder, place.path(), &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode)) return {};
  if (static_cast<std::uint64_t>(status.st_size) != file.entry.size) return {};
  return has_mode_and_time(status, file) ? stamp_of(status) : FileStamp{};
}

}  // namespace

PackageCache::Look look_at_cached(const Unpacked& package, const UnpackedFile& file, int folder) {
  using Look = PackageCache::Look;
  const Place place(package, file, folder);
  struct stat status {};
  if (fstatat(place.folder, place.path(), &status, AT_SYMLINK_NOFOLLOW) != 0) return Look::changed;
  const auto same_if = [](bool same) { return same ? Look::same : Look::changed; };
  if (file.entry.kind == EntryKind::directory) return same_if(S_ISDIR(status.st_mode));
  if (file.entry.kind == EntryKind::symlink) {
    return same_if(S_ISLNK(status.st_mode) && has_target(place, file.entry.link_target));
  }
  if (!S_ISREG(status.st_mode)) return Look::changed;
  const bool is_same = has_mode_and_time(status, file);
  if (stamp_of(status) == file.stamp) return is_same ? Look::same : Look::touched;
  if ((status.st_mode & 07777) != file.entry.mode || static_cast<std::uint64_t>(status.st_size) != file.entry.size ||
      !has_hash(place, file)) {
    return Look::changed;
  }
  return is_same ? Look::same : Look::touched;
}

void take_stamps(std::vector<StampsToTake>& packages) {
  // Whoever writes to a file within the tick of its ctime, after we looked, leaves no trace there. So a stamp counts
  // only when the clock had moved on from its ctime before it was taken; the others are taken again a tick later.
  const std::int64_t start = file_clock();
  std::int64_t latest = 0;
  for (StampsToTake& package : packages) {
    for (const std::size_t i : package.files) {
      const UnpackedFile& file = package.package->files[i];
      if (file.entry.kind != EntryKind::file) continue;
      package.stamps[i] = stamp_if_same(*package.package, file, package.folder);
      latest = std::max(latest, package.stamps[i].ctime_nanoseconds);
    }
  }
  if (latest < start) return;
  if (latest > start + kNanoseconds) latest = start;  // a clock that jumped: do not wait for it
  while (file_clock() <= latest) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  for (StampsToTake& package : packages) {
    for (const std::size_t i : package.files) {
      FileStamp& stamp = package.stamps[i];
      if (stamp.ctime_nanoseconds < start) continue;
      const FileStamp again = stamp_if_same(*package.package, package.package->files[i], package.folder);
      stamp = again == stamp && again.ctime_nanoseconds <= latest ? again : FileStamp{};
    }
  }
}

}  // namespace envlock::archive
