#include "archive_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "failure.h"

namespace envlock::archive {
ArchiveFile::ArchiveFile(const std::filesystem::path& path) : name_(path.string()) {
  // Not to wait for a writer when the path is a pipe; regular files take no notice of it.
  descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (descriptor_ < 0) refuse_file(name_, errno);
  struct stat status {};
  int error = fstat(descriptor_, &status) != 0 ? errno : 0;
  if (error == 0 && !S_ISREG(status.st_mode)) error = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
  if (error != 0) {
    close(descriptor_);
    refuse_file(name_, error);
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
  (void)posix_fadvise(descriptor_, 0, 0, POSIX_FADV_SEQUENTIAL);
}

ArchiveFile::~ArchiveFile() {
  close(descriptor_);
}

std::size_t ArchiveFile::read_at(std::uint64_t offset, char* bytes, std::size_t length) const {
  std::size_t filled = 0;
  while (filled < length) {
    const ssize_t got = pread(descriptor_, bytes + filled, length - filled, static_cast<off_t>(offset + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse_file(name_, errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

std::string_view ByteCursor::next(std::uint64_t max) {
  if (ready_.empty()) ready_ = refill();
  const std::string_view piece =
      ready_.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(max, ready_.size())));
  ready_.remove_prefix(piece.size());
  offset_ += piece.size();
  return piece;
}

std::string ByteCursor::take(std::size_t length) {
  std::string bytes;
  while (bytes.size() < length) {
    const std::string_view piece = next(length - bytes.size());
    if (piece.empty()) break;
    bytes += piece;
  }
  return bytes;
}

void ByteCursor::skip_to(std::uint64_t offset) {
  while (offset_ < offset && !next(offset - offset_).empty()) {
  }
}

ReadAhead::ReadAhead(const ArchiveFile& file, Range range)
    : ByteCursor(range.begin), file_(file), range_(range), position_(range.begin) {}

std::string_view ReadAhead::refill() {
  const std::uint64_t left = range_.end - position_;
  const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(left, PieceBuffer::kBytes));
  const std::string_view piece(buffer_.data(), file_.read_at(position_, buffer_.data(), want));
  position_ += piece.size();
  hasher_.update(piece);
  return piece;
}

core::Sha256 ReadAhead::finish() {
  skip_to(range_.end);
  return hasher_.finish();
}

HashedPass::HashedPass(const ArchiveFile& file, Hashes hashes) : ByteCursor(0), file_(file) {
  if (hashes == Hashes::sha256_and_md5) md5_.emplace();
}

void HashedPass::expect(Range range, const core::Sha256& sha256) {
  watches_.push_back({.range = range, .want = sha256, .hasher = {}});
}

void HashedPass::refuse_changed() const {
  refuse_unreadable(file_.name(), "", "another program changed it while it was read");
}

std::string_view HashedPass::refill() {
  beside_.finish();
  const std::uint64_t left = file_.size() - position_;
  const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(left, PieceBuffer::kBytes));
  const std::string_view piece(buffer_.data(), file_.read_at(position_, buffer_.data(), want));
  if (piece.size() != want) refuse_changed();
  beside_.begin(piece);
  if (md5_) md5_->update(piece);
  for (Watch& watch : watches_) {
    const std::uint64_t begin = std::max(watch.range.begin, position_);
    const std::uint64_t end = std::min(watch.range.end, position_ + piece.size());
    if (begin < end) watch.hasher.update(piece.substr(begin - position_, end - begin));
  }
  position_ += piece.size();
  return piece;
}

FileDigest HashedPass::finish() {
  skip_to(file_.size());
  beside_.finish();
  char beyond = 0;
  if (file_.read_at(file_.size(), &beyond, 1) != 0) refuse_changed();
  for (Watch& watch : watches_) {
    if (watch.hasher.finish() != watch.want) refuse_changed();
  }
  FileDigest digest{.sha256 = sha256_.finish(), .size = file_.size()};
  if (md5_) digest.md5 = md5_->finish();
  return digest;
}

}  // namespace envlock::archive
