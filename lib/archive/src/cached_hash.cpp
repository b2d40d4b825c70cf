#include "cached_hash.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "descriptor.h"
#include "piece_buffer.h"

namespace envlock::archive {
namespace {

/// A cached file that is read and hashed piece by piece.
class Reading {
 public:
  Reading(const UnpackedFile& file, const CacheCursor& at)
      : file_(file),
        opened_(openat(at.folder(), at.path(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)),
        is_open_(static_cast<bool>(opened_)) {}

  core::Sha256Hasher& hasher() { return hasher_; }
  /// How many bytes wait to be hashed; reads on when there are none. 0: at the end, or when the file is another one.
  std::size_t ready() {
    if (bytes_.empty() && is_open_) read_on();
    return bytes_.size();
  }
  std::string_view take(std::size_t count) {
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  bool is_same() { return !is_wrong_ && opened_ && total_ == file_.entry.size && hasher_.finish() == file_.sha256; }

 private:
  void read_on() {
    ssize_t got = -1;
    do {
      got = read(opened_.get(), buffer_.data(), PieceBuffer::kBytes);
    } while (got < 0 && errno == EINTR);
    if (got > 0) total_ += static_cast<std::uint64_t>(got);
    is_wrong_ = got < 0 || total_ > file_.entry.size;
    is_open_ = got > 0 && !is_wrong_;
    if (is_open_) bytes_ = std::string_view(buffer_.data(), static_cast<std::size_t>(got));
  }

  const UnpackedFile& file_;
  const Descriptor opened_;
  bool is_open_ = false, is_wrong_ = false;  // there is more to read; it is not the file that it was
  PieceBuffer buffer_;
  std::string_view bytes_;
  std::uint64_t total_ = 0;
  core::Sha256Hasher hasher_;
};

}  // namespace

bool has_hash(const UnpackedFile& file, const CacheCursor& at) {
  Reading reading(file, at);
  while (const std::size_t ready = reading.ready()) reading.hasher().update(reading.take(ready));
  return reading.is_same();
}

std::pair<bool, bool> have_hashes(const UnpackedFile& first, const CacheCursor& first_at, const UnpackedFile& second,
                                  const CacheCursor& second_at) {
  Reading one(first, first_at), two(second, second_at);
  for (;;) {
    const std::size_t of_one = one.ready(), of_two = two.ready();
    if (of_one == 0 && of_two == 0) break;
    const std::size_t count = of_one == 0 || of_two == 0 ? std::max(of_one, of_two) : std::min(of_one, of_two);
    core::Sha256Hasher::update_both(one.hasher(), one.take(count), two.hasher(), two.take(count));
  }
  return {one.is_same(), two.is_same()};
}

}  // namespace envlock::archive
