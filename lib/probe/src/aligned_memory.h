#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace envlock::probe {

/// Floats on a 64-byte boundary, uninitialised.
class AlignedFloats {
 public:
  explicit AlignedFloats(std::size_t count)
      : floats_(static_cast<float*>(std::aligned_alloc(kAlignment, rounded(count * sizeof(float))))) {
    if (floats_ == nullptr) throw std::bad_alloc();
  }
  float* data() const { return floats_.get(); }

 private:
  static constexpr std::size_t kAlignment = 64;
  static std::size_t rounded(std::size_t bytes) { return (bytes / kAlignment + 1) * kAlignment; }
  struct Free {
    void operator()(float* floats) const { std::free(floats); }
  };
  std::unique_ptr<float, Free> floats_;
};

}  // namespace envlock::probe
