#pragma once

namespace envlock::kernels {

/// out = left + right, element by element; a Range counts elements.
struct Residual {
  const float* left = nullptr;
  const float* right = nullptr;
  float* out = nullptr;
};

}  // namespace envlock::kernels
