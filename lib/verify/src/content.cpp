#include "content.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace envlock::verify {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} << 10;

constexpr const char* kChanged = "it was changed while it was read";

}  // namespace

DiskFile::DiskFile(const Folder& prefix, const Node& node) : node_(&node) {
  descriptor_ = openat(prefix.descriptor(), node.path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (descriptor_ < 0) {
    failure_ = errno == ENOENT || errno == ELOOP ? kChanged : std::strerror(errno);
    return;
  }
  struct stat status {};
  if (fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
    failure_ = kChanged;
    return;
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

DiskFile::~DiskFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

DiskFile::DiskFile(DiskFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      node_(other.node_),
      size_(other.size_),
      failure_(std::move(other.failure_)) {}

DiskFile& DiskFile::operator=(DiskFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(node_, other.node_);
  std::swap(size_, other.size_);
  std::swap(failure_, other.failure_);
  return *this;
}

std::size_t DiskFile::read(std::uint64_t offset, char* buffer, std::size_t count) {
  std::size_t done = 0;
  while (done < count && failure_.empty()) {
    const ssize_t got = pread(descriptor_, buffer + done, count - done, static_cast<off_t>(offset + done));
    if (got == 0) break;
    if (got > 0) {
      done += static_cast<std::size_t>(got);
    } else if (errno != EINTR) {
      failure_ = std::strerror(errno);
    }
  }
  return done;
}

std::string DiskFile::read(std::uint64_t offset, std::size_t count) {
  if (offset >= size_) return {};
  std::string bytes(static_cast<std::size_t>(std::min<std::uint64_t>(count, size_ - offset)), '\0');
  bytes.resize(read(offset, bytes.data(), bytes.size()));
  return bytes;
}

void DiskFile::check_unchanged() {
  if (!failure_.empty()) return;
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  struct stat status {};
  const archive::FileStamp& stamp = node_->stamp;
  if (fstat(descriptor_, &status) != 0 || status.st_ino != stamp.inode || status.st_dev != stamp.device ||
      static_cast<std::uint64_t>(status.st_size) != stamp.size ||
      status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec != stamp.mtime_nanoseconds) {
    failure_ = kChanged;
  }
}

FileHashing::FileHashing(const Folder& prefix, const Node& node, std::span<char> buffer)
    : file_(prefix, node), size_(node.stamp.size), buffer_(buffer) {}

std::string_view FileHashing::next() {
  if (is_over_ || !file_.failure().empty()) return {};
  const std::size_t got = file_.read(bytes_, buffer_.data(), buffer_.size());
  bytes_ += got;
  // Whether it has grown its stamp tells: one that grows while we read is never chased.
  is_over_ = got == 0 || bytes_ >= size_;
  return {buffer_.data(), got};
}

Hashed FileHashing::finish() {
  file_.check_unchanged();
  Hashed hashed{.sha256 = {}, .failure = file_.failure(), .bytes = bytes_};
  if (hashed.failure.empty()) hashed.sha256 = hasher_.finish();
  return hashed;
}

Hashed hash_file(const Folder& prefix, const Node& node) {
  static thread_local const std::unique_ptr<char[]> buffer = std::make_unique<char[]>(kBufferBytes);
  FileHashing file(prefix, node, std::span(buffer.get(), kBufferBytes));
  for (std::string_view piece = file.next(); !piece.empty(); piece = file.next()) file.hasher().update(piece);
  return file.finish();
}

}  // namespace envlock::verify
