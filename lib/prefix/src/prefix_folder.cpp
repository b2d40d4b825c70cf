#include "prefix_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>

#include "envlock/core/text.h"
#include "system_error.h"

namespace envlock::prefix {
namespace {

// Of journals, histories and the like: far more than any of them is.
constexpr off_t kLargestRecord = off_t{256} << 20;
constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

/// Part by part, for kernels without openat2.
Descriptor open_by_parts(int root, std::string_view folder) {
  Descriptor current(fcntl(root, F_DUPFD_CLOEXEC, 0));
  for (const std::string_view part : core::split(folder, '/')) {
    if (!current) return current;
    current = Descriptor(openat(current.get(), std::string(part).c_str(), kFolderFlags | O_NOFOLLOW));
  }
  return current;
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) close(fd_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

bool is_safe_path(std::string_view path) {
  if (path.empty() || path.size() >= PATH_MAX || path.find('\0') != std::string_view::npos) return false;
  for (;;) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == ".." || part.size() > NAME_MAX) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

std::string_view parent_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view leaf_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

PrefixFolder::PrefixFolder(const std::filesystem::path& path) : path_(path), root_(::open(path.c_str(), kFolderFlags)) {
  if (!root_) throw_system_error("open the folder", path.string(), errno);
}

Descriptor PrefixFolder::open(std::string_view folder) const {
  if (folder.empty()) return Descriptor(fcntl(root(), F_DUPFD_CLOEXEC, 0));
  static std::atomic<bool> has_openat2{true};
  if (has_openat2) {
    struct open_how how {};
    how.flags = kFolderFlags;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    const long fd = syscall(SYS_openat2, root(), std::string(folder).c_str(), &how, sizeof how);
    // EPERM: a container's filter that does not know the call.
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) return Descriptor(static_cast<int>(fd));
    has_openat2 = false;
  }
  return open_by_parts(root(), folder);
}

int Cursor::folder_of(std::string_view path) {
  const std::string_view folder = parent_of(path);
  if (!valid_ || folder != folder_) {
    folder_ = folder;
    open_ = prefix_.open(folder);
    error_ = errno;
    valid_ = true;
  }
  if (!open_) errno = error_;
  return open_.get();
}

std::optional<struct stat> Cursor::status(std::string_view path) {
  const int folder = folder_of(path);
  struct stat status {};
  if (folder < 0 || fstatat(folder, name_of(path).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  return status;
}

std::vector<std::string> names_in(int folder) {
  std::vector<std::string> names;
  // fdopendir takes the descriptor over, and readdir moves its place: hence one of its own.
  const int own = openat(folder, ".", kFolderFlags);
  DIR* listing = own < 0 ? nullptr : fdopendir(own);
  if (listing == nullptr) {
    if (own >= 0) close(own);
    return names;
  }
  while (const dirent* entry = readdir(listing)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  closedir(listing);
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<std::string> link_target(int folder, const std::string& name) {
  std::string target(PATH_MAX, '\0');
  const ssize_t length = readlinkat(folder, name.c_str(), target.data(), target.size());
  if (length < 0) return std::nullopt;
  target.resize(static_cast<std::size_t>(length));
  return target;
}

std::optional<std::string> read_all(int file) {
  struct stat status {};
  if (fstat(file, &status) != 0) return std::nullopt;
  if (!S_ISREG(status.st_mode) || status.st_size > kLargestRecord) return std::nullopt;
  std::string bytes(static_cast<std::size_t>(std::max<off_t>(status.st_size, 0)) + 1, '\0');
  std::size_t have = 0;
  while (true) {
    const ssize_t got = read(file, bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    have += static_cast<std::size_t>(got);
    if (got == 0) break;
    if (have > static_cast<std::size_t>(kLargestRecord)) return std::nullopt;
    if (have == bytes.size()) bytes.resize(bytes.size() * 2);
  }
  bytes.resize(have);
  return bytes;
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace envlock::prefix
