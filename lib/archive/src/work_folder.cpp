#include "work_folder.h"

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

namespace envlock::archive {
namespace {

constexpr int kOpenFolder = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;

/// A name that no other thread or process makes; which one it is has no bearing on any result.
std::string fresh_name() {
  static std::atomic<unsigned> counter{0};
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  return std::to_string(getpid()) + "-" + std::to_string(now) + "-" + std::to_string(counter++);
}

/// A sweeper may have come between making and locking.
bool is_at(int descriptor, const std::filesystem::path& path) {
  struct stat ours {
  }, there{};
  return fstat(descriptor, &ours) == 0 && lstat(path.c_str(), &there) == 0 && ours.st_ino == there.st_ino &&
         ours.st_dev == there.st_dev;
}

void remove_tree(const std::filesystem::path& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

}  // namespace

std::optional<WorkFolder> WorkFolder::create(const std::filesystem::path& parent, int& error) {
  for (int attempt = 0; attempt < 16; ++attempt) {
    std::filesystem::path path = parent / fresh_name();
    if (mkdir(path.c_str(), 0777) != 0) {
      error = errno;
      if (error == EEXIST || error == EINTR) continue;
      return std::nullopt;
    }
    const int descriptor = open(path.c_str(), kOpenFolder);
    error = errno;
    if (descriptor < 0) continue;
    // A file system without locks refuses with ENOLCK or the like; then sweeping is refused in the same way.
    (void)flock(descriptor, LOCK_EX | LOCK_NB);
    if (is_at(descriptor, path)) return WorkFolder(std::move(path), descriptor);
    close(descriptor);
    error = EAGAIN;
  }
  return std::nullopt;
}

void WorkFolder::sweep(const std::filesystem::path& parent) {
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(parent, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    paths.push_back(entry->path());
  }
  for (const std::filesystem::path& path : paths) {
    const int descriptor = open(path.c_str(), kOpenFolder);
    if (descriptor < 0) continue;
    if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) remove_tree(path);
    close(descriptor);
  }
}

WorkFolder::WorkFolder(WorkFolder&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)), published_(other.published_) {}

WorkFolder& WorkFolder::operator=(WorkFolder&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(published_, other.published_);
  return *this;
}

WorkFolder::~WorkFolder() {
  if (descriptor_ < 0) return;
  if (!published_) remove_tree(path_);
  close(descriptor_);
}

int WorkFolder::publish(const std::filesystem::path& target) {
  if (rename(path_.c_str(), target.c_str()) != 0) return errno;
  published_ = true;
  return 0;
}

}  // namespace envlock::archive
