#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace envlock::archive {

/// Room for one piece of a file. A thread that reads archive after archive uses the same few again: fresh ones cost a
/// page fault every 4 KiB.
class PieceBuffer {
 public:
  static constexpr std::size_t kBytes = std::size_t{256} << 10;

  PieceBuffer();
  ~PieceBuffer();
  PieceBuffer(const PieceBuffer&) = delete;
  PieceBuffer& operator=(const PieceBuffer&) = delete;
  char* data() { return bytes_.get(); }

 private:
  std::unique_ptr<char[]> bytes_;
};

}  // namespace envlock::archive
