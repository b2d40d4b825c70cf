#pragma once

#include <cstdint>

namespace envlock::archive {

/// Counts what its thread computes between resume and pause towards decompression_nanoseconds().
class DecompressionClock {
 public:
  void resume();
  void pause();

 private:
  std::uint64_t started_ = 0;
};

}  // namespace envlock::archive
