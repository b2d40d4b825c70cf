#pragma once

#include <cstdint>

namespace envlock::kernels {

/// out[4i+j] = ((w_j >> 8) - 2^23) * 2^-23 * bound, with w the words of philox(i, parameter, 0): uniform in
/// [-bound, bound), every step exact where bound is a power of two.
/// Shapes: out (4 * blocks); a Range counts blocks of four elements.
/// Source: docs/probe-spec.md, "Parameters".
struct UniformInit {
  std::uint32_t parameter = 0;
  float bound = 0;
  float* out = nullptr;
};

}  // namespace envlock::kernels
