#include "byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

namespace envlock::channel {
namespace {

core::Error unreadable(const std::string& what) {
  return core::Error(core::Diagnostic{.code = errno == ENOENT ? "file-not-found" : "file-unreadable",
                                      .what = what,
                                      .where = std::nullopt,
                                      .why = {std::strerror(errno)},
                                      .hints = {}});
}

}  // namespace

OpenFile::~OpenFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

OpenFile::OpenFile(OpenFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

OpenFile& OpenFile::operator=(OpenFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

OpenFile OpenFile::for_reading(const std::filesystem::path& path) {
  OpenFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) throw unreadable("cannot open `" + core::printable(path.string()) + "`");
  return file;
}

std::uint64_t OpenFile::size() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0 || status.st_size < 0) return 0;
  return static_cast<std::uint64_t>(status.st_size);
}

bool OpenFile::read_at(std::uint64_t offset, char* to, std::size_t size) const {
  while (size > 0) {
    const ssize_t count = ::pread(descriptor_, to, size, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    to += count;
    size -= static_cast<std::size_t>(count);
    offset += static_cast<std::uint64_t>(count);
  }
  return true;
}

bool OpenFile::write(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

std::size_t FileSource::read(char* to, std::size_t size) {
  while (true) {
    const ssize_t count = ::pread(file_.descriptor(), to, size, static_cast<off_t>(offset_));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw unreadable("cannot read a downloaded index");
    offset_ += static_cast<std::uint64_t>(count);
    return static_cast<std::size_t>(count);
  }
}

std::size_t MemorySource::read(char* to, std::size_t size) {
  const std::size_t count = std::min(size, rest_.size());
  std::copy_n(rest_.data(), count, to);
  rest_.remove_prefix(count);
  return count;
}

}  // namespace envlock::channel
