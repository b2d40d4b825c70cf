#pragma once

#include <cstdint>

namespace envlock::kernels {

/// Cross-entropy of softmax(logits) against the targets, and its gradient in the same pass.
/// Shapes: logits, dlogits (N,V); targets, max, lse, rows (N); a Range counts rows. inverse_rows is 1/N.
/// Order: max32, sum32 over v.
struct CrossEntropy {
  int V = 0;
  float inverse_rows = 0;
  const float* logits = nullptr;
  const std::uint32_t* targets = nullptr;
  float* max = nullptr;
  float* lse = nullptr;
  float* rows = nullptr;
  float* dlogits = nullptr;
};

}  // namespace envlock::kernels
