#include "envlock/core/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

namespace envlock::core {
namespace {

std::string shown(const std::filesystem::path& path) {
  return "`" + printable(path.string()) + "`";
}

[[noreturn]] void throw_read_error(const std::filesystem::path& path, int error) {
  if (error == ENOENT || error == ENOTDIR) {
    throw Error({.code = "file-not-found", .what = "there is no file " + shown(path)});
  }
  throw Error({.code = "file-unreadable", .what = "cannot read " + shown(path), .why = {std::strerror(error)}});
}

[[noreturn]] void throw_write_error(const std::filesystem::path& path, int error) {
  Diagnostic diagnostic{
      .code = "file-unwritable", .what = "cannot write " + shown(path), .why = {std::strerror(error)}};
  if (error == ENOSPC || error == EDQUOT)
    diagnostic.hints = {"make room on that disk, then run the same command again"};
  if (error == EACCES || error == EROFS) diagnostic.hints = {"choose a place you may write to"};
  throw Error(std::move(diagnostic));
}

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) throw_read_error(path, errno);
  struct stat status {};
  if (fstat(file.get(), &status) != 0) throw_read_error(path, errno);
  if (S_ISDIR(status.st_mode)) throw_read_error(path, EISDIR);
  std::string bytes;
  // The size is a hint only: pipes and /proc files have none.
  const std::uint64_t size = status.st_size > 0 ? static_cast<std::uint64_t>(status.st_size) : 4095;
  bytes.reserve(static_cast<std::size_t>(std::min(size, max_bytes)) + 1);
  char buffer[1 << 16];
  while (true) {
    const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_read_error(path, errno);
    if (got == 0) return bytes;
    bytes.append(buffer, static_cast<std::size_t>(got));
    if (bytes.size() > max_bytes) {
      throw Error(
          {.code = "file-too-large",
           .what = shown(path) + " is larger than " + std::to_string(max_bytes) + " bytes, the most that is read"});
    }
  }
}

void write_file_atomically(const std::filesystem::path& requested, std::string_view bytes) {
  std::error_code ignored;
  const std::filesystem::path path = std::filesystem::is_symlink(requested, ignored)
                                         ? std::filesystem::weakly_canonical(requested, ignored)
                                         : requested;
  struct stat status {};
  const bool exists = stat(path.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) throw_write_error(requested, EISDIR);
  if (exists && !S_ISREG(status.st_mode)) {  // /dev/stdout, a pipe: nothing to replace
    const Descriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (file.get() < 0 || !write_all(file.get(), bytes)) throw_write_error(requested, errno);
    return;
  }
  static std::atomic<unsigned> counter{0};
  std::filesystem::path temporary = path;
  temporary += ".tmp-" + std::to_string(getpid()) + "-" + std::to_string(counter++);
  Descriptor file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (file.get() < 0) throw_write_error(requested, errno);
  const bool written = write_all(file.get(), bytes) && (!exists || fchmod(file.get(), status.st_mode & 07777) == 0) &&
                       fsync(file.get()) == 0 && close(file.release()) == 0 &&
                       rename(temporary.c_str(), path.c_str()) == 0;
  if (!written) {
    const int error = errno;
    unlink(temporary.c_str());
    throw_write_error(requested, error);
  }
  // The rename itself must survive a power cut; a file system that cannot sync folders is no reason to fail.
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const Descriptor directory(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() >= 0) (void)fsync(directory.get());
}

MappedFile::MappedFile(const std::filesystem::path& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) throw_read_error(path, errno);
  struct stat status {};
  if (fstat(file.get(), &status) != 0) throw_read_error(path, errno);
  if (S_ISDIR(status.st_mode)) throw_read_error(path, EISDIR);
  if (status.st_size == 0) return;
  void* data = mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (data == MAP_FAILED) throw_read_error(path, errno);
  data_ = static_cast<const char*>(data);
  size_ = static_cast<std::size_t>(status.st_size);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(const_cast<char*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace envlock::core
