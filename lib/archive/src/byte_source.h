#pragma once

#include <string_view>

namespace envlock::archive {

/// Bytes that come piece by piece.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// The next bytes, valid until the next call; empty at the end, and then ever after.
  virtual std::string_view next() = 0;
};

}  // namespace envlock::archive
