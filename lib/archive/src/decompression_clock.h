#pragma once

#include <chrono>

namespace envlock::archive {

/// Counts the time between resume and pause towards decompression_nanoseconds().
class DecompressionClock {
 public:
  void resume() { started_ = std::chrono::steady_clock::now(); }
  void pause();

 private:
  std::chrono::steady_clock::time_point started_;
};

}  // namespace envlock::archive
