#include "envlock/kernels/softmax.h"

#include "exact_functions.h"
#include "lanes32.h"
#include "ops.h"

namespace envlock::kernels::ENVLOCK_ISA {

void softmax_forward(const SoftmaxForward& softmax, Range rows) {
  const int T = softmax.T;
  const F32 scale = broadcast(softmax.scale);
  for (int row = rows.begin; row < rows.end; ++row) {
    const float* scores = softmax.scores + static_cast<std::ptrdiff_t>(row) * T;
    float* probs = softmax.probs + static_cast<std::ptrdiff_t>(row) * T;
    const int visible = row % T + 1;
    Lanes largest = all_lanes(-__builtin_inff());
    for_lanes(largest, visible,
              [&](F32 lane, int j, int count) { return larger(load_some(scores + j, count) * scale, lane); });
    const F32 m = broadcast(halve_max(largest));
    for_vectors(0, visible,
                [&](int j, int count) { store_some(probs + j, exp(load_some(scores + j, count) * scale - m), count); });
    for (int j = visible; j < T; ++j) probs[j] = 0.0f;
    const F32 g = broadcast(1.0f / sum32(probs, T));
    for_vectors(0, T, [&](int j, int count) { store_some(probs + j, load_some(probs + j, count) * g, count); });
  }
}

void softmax_backward(const SoftmaxBackward& softmax, Range rows) {
  const int T = softmax.T;
  const F32 scale = broadcast(softmax.scale);
  for (int row = rows.begin; row < rows.end; ++row) {
    const std::ptrdiff_t start = static_cast<std::ptrdiff_t>(row) * T;
    const float* probs = softmax.probs + start;
    const float* dprobs = softmax.dprobs + start;
    float* dscores = softmax.dscores + start;
    const int visible = row % T + 1;
    const F32 t = broadcast(dot32(probs, dprobs, T));
    for_vectors(0, visible, [&](int j, int count) {
      const F32 ds = load_some(probs + j, count) * (load_some(dprobs + j, count) - t) * scale;
      store_some(dscores + j, ds, count);
    });
    for (int j = visible; j < T; ++j) dscores[j] = 0.0f;
  }
}

}  // namespace envlock::kernels::ENVLOCK_ISA
