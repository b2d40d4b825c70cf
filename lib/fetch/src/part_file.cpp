#include "part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace envlock::fetch {
namespace {

/// A name that no other thread or process makes; which one it is has no bearing on any result.
std::string fresh_name() {
  static std::atomic<unsigned> counter{0};
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  return std::to_string(getpid()) + "-" + std::to_string(now) + "-" + std::to_string(counter++);
}

/// True when the descriptor's file still has a name: a sweeper may have come between creating and locking.
bool has_name(int descriptor) {
  struct stat status {};
  return fstat(descriptor, &status) == 0 && status.st_nlink > 0;
}

}  // namespace

std::optional<PartFile> PartFile::create(const std::filesystem::path& folder, int& error) {
  for (int attempt = 0; attempt < 16; ++attempt) {
    std::filesystem::path path = folder / fresh_name();
    const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0) {
      error = errno;
      if (error == EEXIST || error == EINTR) continue;
      return std::nullopt;
    }
    // A file system without locks refuses with ENOLCK or the like; then sweeping is refused in the same way.
    (void)flock(descriptor, LOCK_EX | LOCK_NB);
    if (has_name(descriptor)) return PartFile(std::move(path), descriptor);
    close(descriptor);
    error = EAGAIN;
  }
  return std::nullopt;
}

void PartFile::sweep(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(folder, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    paths.push_back(entry->path());
  }
  for (const std::filesystem::path& path : paths) {
    const int descriptor = open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0) continue;
    if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) unlink(path.c_str());
    close(descriptor);
  }
}

PartFile::PartFile(PartFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

PartFile& PartFile::operator=(PartFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

PartFile::~PartFile() {
  if (descriptor_ < 0) return;
  unlink(path_.c_str());
  close(descriptor_);
}

int PartFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

int PartFile::restart() {
  if (ftruncate(descriptor_, 0) != 0 || lseek(descriptor_, 0, SEEK_SET) != 0) return errno;
  return 0;
}

int PartFile::publish(const std::filesystem::path& target, bool durable) {
  if (durable && fsync(descriptor_) != 0) return errno;
  if (rename(path_.c_str(), target.c_str()) != 0) return errno;
  const int descriptor = std::exchange(descriptor_, -1);
  // Delayed allocation may report a full disk only here. The name is already given, so take it back.
  if (close(descriptor) != 0) {
    const int error = errno;
    unlink(target.c_str());
    return error;
  }
  return 0;
}

}  // namespace envlock::fetch
