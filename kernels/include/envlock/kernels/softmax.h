#pragma once

namespace envlock::kernels {

/// Causal softmax of scaled scores: row i of every (T,T) matrix sees columns 0 .. i; the others become +0.
/// Shapes: scores, probs (B*H*T, T); a Range counts rows of the whole; i = row mod T.
/// Order: the maximum is max32 over i+1 elements, the sum sum32 over all T.
struct SoftmaxForward {
  int T = 0;
  float scale = 0;
  const float* scores = nullptr;
  float* probs = nullptr;
};

/// dscores = probs * (dprobs - dot32(probs, dprobs)) * scale on and below the diagonal, +0 above it.
/// Shapes: all (B*H*T, T); a Range counts rows.
struct SoftmaxBackward {
  int T = 0;
  float scale = 0;
  const float* probs = nullptr;
  const float* dprobs = nullptr;
  float* dscores = nullptr;
};

}  // namespace envlock::kernels
