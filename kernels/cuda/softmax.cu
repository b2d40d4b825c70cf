#include "envlock/kernels/softmax.h"

#include "envlock/kernels/exact_math.h"
#include "replica.h"

namespace envlock::kernels::cuda {

/// One warp a row. The row's exponentials wait in `probs`, each read again by the thread that wrote it.
KERNEL BOUNDS(kRowThreads) envlock_softmax_forward(Launch launch, SoftmaxForward op, int rows) {
  note_multiprocessor(launch);
  const int row = row_index();
  if (row >= rows) {
    return;  // a whole warp
  }
  const float* scores = of_replica(launch, op.scores) + static_cast<long long>(row) * op.T;
  float* probs = of_replica(launch, op.probs) + static_cast<long long>(row) * op.T;
  const int last = row % op.T;
  float max = -__builtin_inff();
  for (int j = lane_index(); j <= last; j += 32) {
    const float s = mul(scores[j], op.scale);
    max = s > max ? s : max;
  }
  max = halve_max(max);
  float sum = 0;
  for (int j = lane_index(); j < op.T; j += 32) {
    const float e = j <= last ? exact::exp(sub(mul(scores[j], op.scale), max)) : 0.0f;
    probs[j] = e;
    sum = add(sum, e);
  }
  const float g = div(1.0f, halve_sum(sum));
  for (int j = lane_index(); j < op.T; j += 32) {
    probs[j] = mul(probs[j], g);
  }
}

/// One warp a row.
KERNEL BOUNDS(kRowThreads) envlock_softmax_backward(Launch launch, SoftmaxBackward op, int rows) {
  note_multiprocessor(launch);
  const int row = row_index();
  if (row >= rows) {
    return;  // a whole warp
  }
  const long long begin = static_cast<long long>(row) * op.T;
  const float* probs = of_replica(launch, op.probs) + begin;
  const float* dprobs = of_replica(launch, op.dprobs) + begin;
  float* dscores = of_replica(launch, op.dscores) + begin;
  const int last = row % op.T;
  float dot = 0;
  for (int j = lane_index(); j < op.T; j += 32) {
    dot = fma(probs[j], dprobs[j], dot);
  }
  dot = halve_sum(dot);
  for (int j = lane_index(); j < op.T; j += 32) {
    dscores[j] = j <= last ? mul(mul(probs[j], sub(dprobs[j], dot)), op.scale) : 0.0f;
  }
}

}  // namespace envlock::kernels::cuda
