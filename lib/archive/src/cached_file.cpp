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
#include "envlock/archive/cache_cursor.h"
#include "envlock/core/parallel.h"
#include "file_stamp.h"

namespace envlock::archive {
namespace {

constexpr std::int64_t kNanoseconds = 1'000'000'000;

bool has_target(const CacheCursor& place, const std::string& target) {
  std::string buffer(target.size() + 1, '\0');
  const ssize_t length = readlinkat(place.folder(), place.path(), buffer.data(), buffer.size());
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

FileStamp stamp_if_same(const UnpackedFile& file, const CacheCursor& place) {
  struct stat status {};
  if (fstatat(place.folder(), place.path(), &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode)) return {};
  if (static_cast<std::uint64_t>(status.st_size) != file.entry.size) return {};
  return has_mode_and_time(status, file) ? stamp_of(status) : FileStamp{};
}

/// Files of one package that one thread looks at.
struct StampPart {
  StampsToTake* package;
  std::size_t begin, end;  // in package->files
};

std::vector<StampPart> parts_of(std::vector<StampsToTake>& packages) {
  constexpr std::size_t kMost = 256;
  std::vector<StampPart> parts;
  for (StampsToTake& package : packages) {
    for (std::size_t begin = 0; begin < package.files.size(); begin += kMost) {
      parts.push_back({&package, begin, std::min(begin + kMost, package.files.size())});
    }
  }
  return parts;
}

/// Gives the newest ctime.
std::int64_t take(const StampPart& part) {
  StampsToTake& package = *part.package;
  CacheCursor place;
  std::int64_t latest = 0;
  for (std::size_t at = part.begin; at < part.end; ++at) {
    const std::size_t i = package.files[at];
    const UnpackedFile& file = package.package->files[i];
    if (file.entry.kind != EntryKind::file) continue;
    place.go_to(*package.package, file, package.folder);
    package.stamps[i] = stamp_if_same(file, place);
    latest = std::max(latest, package.stamps[i].ctime_nanoseconds);
  }
  return latest;
}

/// Of those that were too new to count at `start`.
void take_again(const StampPart& part, std::int64_t start, std::int64_t latest) {
  StampsToTake& package = *part.package;
  CacheCursor place;
  for (std::size_t at = part.begin; at < part.end; ++at) {
    const std::size_t i = package.files[at];
    FileStamp& stamp = package.stamps[i];
    if (stamp.ctime_nanoseconds < start) continue;
    place.go_to(*package.package, package.package->files[i], package.folder);
    const FileStamp again = stamp_if_same(package.package->files[i], place);
    stamp = again == stamp && again.ctime_nanoseconds <= latest ? again : FileStamp{};
  }
}

}  // namespace

PackageCache::Glance glance_at(const UnpackedFile& file, const CacheCursor& place) {
  using Look = PackageCache::Look;
  struct stat status {};
  if (fstatat(place.folder(), place.path(), &status, AT_SYMLINK_NOFOLLOW) != 0) return {Look::changed};
  const auto same_if = [](bool same) { return PackageCache::Glance{same ? Look::same : Look::changed}; };
  if (file.entry.kind == EntryKind::directory) return same_if(S_ISDIR(status.st_mode));
  if (file.entry.kind == EntryKind::symlink) {
    return same_if(S_ISLNK(status.st_mode) && has_target(place, file.entry.link_target));
  }
  if (!S_ISREG(status.st_mode)) return {Look::changed};
  const Look look = has_mode_and_time(status, file) ? Look::same : Look::touched;
  if (stamp_of(status) == file.stamp) return {look};
  const bool may_be_same =
      (status.st_mode & 07777) == file.entry.mode && static_cast<std::uint64_t>(status.st_size) == file.entry.size;
  return may_be_same ? PackageCache::Glance{look, true} : PackageCache::Glance{Look::changed};
}

void take_stamps(std::vector<StampsToTake>& packages, std::size_t threads) {
  // Whoever writes to a file within the tick of its ctime, after we looked, leaves no trace there. So a stamp counts
  // only when the clock had moved on from its ctime before it was taken; the others are taken again a tick later.
  const std::int64_t start = file_clock();
  const std::vector<StampPart> parts = parts_of(packages);
  std::vector<std::int64_t> newest(parts.size(), 0);  // ctimes
  core::parallel_for(parts.size(), threads, [&](std::size_t i) { newest[i] = take(parts[i]); });
  std::int64_t latest = 0;
  for (const std::int64_t ctime : newest) latest = std::max(latest, ctime);
  if (latest < start) return;
  if (latest > start + kNanoseconds) latest = start;  // a clock that jumped: do not wait for it
  while (file_clock() <= latest) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  core::parallel_for(parts.size(), threads, [&](std::size_t i) { take_again(parts[i], start, latest); });
}

}  // namespace envlock::archive
