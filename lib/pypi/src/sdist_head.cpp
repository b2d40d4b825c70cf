#include "sdist_head.h"

#include <algorithm>
#include <cstdint>

#include "inflate.h"

namespace envlock::pypi {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::uint64_t kLargestExtension = std::uint64_t{1} << 20;
constexpr std::uint64_t kLargestMember = std::uint64_t{10} << 20;

/// Octal digits between spaces and NULs. Absent for what is none, and for sizes in base 256, which no file that is
/// wanted here has.
std::optional<std::uint64_t> parse_octal(std::string_view field) {
  std::uint64_t value = 0;
  bool digits = false;
  for (const char c : field) {
    if (c == '\0' || (c == ' ' && digits)) break;
    if (c == ' ') continue;
    if (c < '0' || c > '7') return std::nullopt;
    value = value * 8 + static_cast<std::uint64_t>(c - '0');
    digits = true;
  }
  return digits ? std::optional(value) : std::nullopt;
}

std::string_view text_field(std::string_view header, std::size_t at, std::size_t length) {
  const std::string_view field = header.substr(at, length);
  return field.substr(0, field.find('\0'));
}

bool has_right_sum(std::string_view header) {
  constexpr std::size_t kSum = 148, kSumSize = 8;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    sum += i >= kSum && i < kSum + kSumSize ? ' ' : static_cast<unsigned char>(header[i]);
  }
  return parse_octal(header.substr(kSum, kSumSize)) == sum;
}

/// Takes a tar's bytes piece by piece and keeps only a header, or the member that is wanted.
class TarSearch {
 public:
  explicit TarSearch(const std::function<bool(std::string_view)>& wanted) : wanted_(wanted) {}

  /// False: no more bytes are needed.
  bool take(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), left_));
      if (keep_) buffer_ += bytes.substr(0, count);
      bytes.remove_prefix(count);
      left_ -= count;
      if (left_ == 0 && !go_on()) return false;
    }
    return true;
  }
  std::optional<std::string> found;

 private:
  enum class State { header, skipped, extended, wanted };

  void expect(State state, std::uint64_t bytes, bool keep) {
    state_ = state;
    left_ = bytes;
    keep_ = keep;
    buffer_.clear();
  }

  bool go_on() {
    if (state_ == State::header) return take_header();
    if (state_ == State::extended) {
      redefined_ =
          type_ == 'L' || buffer_.find(" path=") != std::string::npos || buffer_.find(" size=") != std::string::npos;
    }
    if (state_ == State::wanted) {
      found = buffer_.substr(0, static_cast<std::size_t>(size_));
      return false;
    }
    expect(State::header, kBlock, true);
    return true;
  }

  bool take_header() {
    if (!has_right_sum(buffer_)) return false;  // the end of the archive is two blocks of zeros
    const std::optional<std::uint64_t> size = parse_octal(std::string_view(buffer_).substr(124, 12));
    if (!size) return false;
    type_ = buffer_[156];
    const bool file = type_ == '0' || type_ == '\0' || type_ == '7';
    const bool extended = type_ == 'x' || type_ == 'L';  // says something about the next member
    const bool has_content = file || extended || type_ == 'g' || type_ == 'K' || type_ == 'S';
    size_ = has_content ? *size : 0;
    const std::uint64_t blocks = (size_ + kBlock - 1) / kBlock * kBlock;
    const std::string path = path_of(buffer_);
    const bool redefined = redefined_;  // then the name or the size in its own header is not the one that counts
    if (!extended) redefined_ = false;
    if (file && !redefined && wanted_(path)) {
      if (size_ == 0 || size_ > kLargestMember) return false;
      expect(State::wanted, blocks, true);
    } else if (blocks > 0) {
      const bool keep = extended && size_ <= kLargestExtension;
      expect(keep ? State::extended : State::skipped, blocks, keep);
    } else {
      expect(State::header, kBlock, true);
    }
    return true;
  }

  static std::string path_of(std::string_view header) {
    std::string path(text_field(header, 345, 155));
    if (header.substr(257, 5) != "ustar") path.clear();
    if (!path.empty()) path += '/';
    path += text_field(header, 0, 100);
    return path.rfind("./", 0) == 0 ? path.substr(2) : path;
  }

  const std::function<bool(std::string_view)>& wanted_;
  State state_ = State::header;
  std::uint64_t left_ = kBlock, size_ = 0;
  char type_ = '\0';
  bool keep_ = true, redefined_ = false;
  std::string buffer_;
};

}  // namespace

std::optional<std::string> find_in_tar_gz(std::string_view archive, const std::function<bool(std::string_view)>& wanted,
                                          std::uint64_t limit) {
  TarSearch search(wanted);
  (void)inflate(archive, Wrapping::gzip, limit, [&](std::string_view bytes) { return search.take(bytes); });
  return std::move(search.found);
}

}  // namespace envlock::pypi
