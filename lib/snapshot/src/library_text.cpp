#include "library_text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace envlock::snapshot {
namespace {

constexpr std::uint64_t kMostOfOne = std::uint64_t{128} << 20;
constexpr std::size_t kBlock = std::size_t{1} << 20;
constexpr std::size_t kLongest = 256;  // marker, what may stand between, and version

bool is_version_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '+' || c == '-';
}

/// "14.2.0" at the start of "14.2.0 DYNAMIC_ARCH"; a marker that ends in "(" goes on to behind ") ".
std::string version_at(std::string_view text, std::string_view marker) {
  text = text.substr(0, kLongest);
  if (marker.ends_with('(')) {
    const std::size_t end = text.find(") ");
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 2);
  }
  if (text.empty() || text.front() < '0' || text.front() > '9') return {};
  std::size_t end = 0;
  while (end < text.size() && end < 40 && is_version_character(text[end])) ++end;
  while (end > 0 && (text[end - 1] == '.' || text[end - 1] == '-' || text[end - 1] == '+')) --end;
  return std::string(text.substr(0, end));
}

/// Behind a marker that begins before `end`.
std::string find_version(std::string_view text, std::string_view marker, std::size_t end) {
  for (std::size_t at = text.find(marker); at < end; at = text.find(marker, at + 1)) {
    if (std::string version = version_at(text.substr(at + marker.size()), marker); !version.empty()) return version;
  }
  return {};
}

/// A file descriptor that closes itself.
class Descriptor {
 public:
  // O_NONBLOCK: a pipe in place of a library must not hold us.
  explicit Descriptor(const std::filesystem::path& path)
      : number_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  bool is_regular() const {
    struct stat facts {};
    return number_ >= 0 && fstat(number_, &facts) == 0 && S_ISREG(facts.st_mode);
  }
  std::size_t read_block(char* into, std::size_t size) const {
    ssize_t count = 0;
    do {
      count = read(number_, into, size);
    } while (count < 0 && errno == EINTR);
    return count < 0 ? 0 : static_cast<std::size_t>(count);
  }

 private:
  int number_;
};

}  // namespace

std::string LibraryText::version_behind(const std::filesystem::path& file, std::string_view marker) {
  const Descriptor descriptor(file);
  if (marker.empty() || !descriptor.is_regular()) return {};
  std::uint64_t left = std::min(kMostOfOne, bytes_left_);
  std::string text;
  for (bool ended = false; !ended;) {
    // The end of one block stands before the next, so that nothing is cut in two.
    const std::size_t kept = std::min(text.size(), kLongest);
    text.erase(0, text.size() - kept);
    text.resize(kept + static_cast<std::size_t>(std::min<std::uint64_t>(kBlock, left)));
    const std::size_t count = descriptor.read_block(text.data() + kept, text.size() - kept);
    text.resize(kept + count);
    left -= count;
    bytes_left_ -= count;
    ended = count == 0;
    const std::size_t end = ended ? text.size() : text.size() - std::min(text.size(), kLongest);
    if (std::string version = find_version(text, marker, end); !version.empty()) return version;
  }
  return {};
}

}  // namespace envlock::snapshot
