#pragma once

#include <cstdint>

namespace envlock::kernels {

/// out[n,c] = wte[tokens[n],c] + wpe[n mod T, c].
/// Shapes: tokens (N), wte (V,C), wpe (T,C), out (N,C); a Range counts rows n.
struct EmbedForward {
  int T = 0;
  int C = 0;
  const std::uint32_t* tokens = nullptr;
  const float* wte = nullptr;
  const float* wpe = nullptr;
  float* out = nullptr;
};

/// Adds the gradient of the embedding to that of the tied head, and sums it over the batch for the positions.
/// Shapes: tokens (N), head and dwte (V,C), dx (N,C), dwpe (T,C); a Range counts columns c.
/// Order: dwte starts as head, then tokens n = 0 .. N-1 ascending; dwpe starts at +0, sequences ascending.
struct EmbedBackward {
  int N = 0;
  int T = 0;
  int C = 0;
  int V = 0;
  const std::uint32_t* tokens = nullptr;
  const float* head = nullptr;
  const float* dx = nullptr;
  float* dwte = nullptr;
  float* dwpe = nullptr;
};

}  // namespace envlock::kernels
