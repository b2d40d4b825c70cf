#pragma once

#include <cstddef>
#include <cstdint>

namespace envlock::channel {

/// Finds the end of a JSON object or array without reading what is in it, 64 bytes at a time: the only state is the
/// depth and whether the scan is inside a string. Grammar is not checked; whoever parses the slice does that.
class NestedScan {
 public:
  /// Looks at `size` bytes that continue where the last call ended. Returns how many of them belong to the value:
  /// `size` when it goes on, else the offset just behind its closing bracket (then done() is true).
  std::size_t feed(const char* bytes, std::size_t size);
  bool done() const { return done_; }
  /// Makes ready for another value; feed it from its opening bracket.
  void reset() { *this = NestedScan(); }

 private:
  std::uint64_t depth_ = 0;
  std::uint64_t in_string_ = 0;  ///< all ones inside a string
  bool escaped_ = false;         ///< the next byte follows a backslash
  bool done_ = false;
};

}  // namespace envlock::channel
