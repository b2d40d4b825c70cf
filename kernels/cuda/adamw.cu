#include "envlock/kernels/adamw.h"

#include "envlock/kernels/cuda_adamw.h"
#include "replica.h"

namespace envlock::kernels::cuda {

/// One thread an element; a block belongs to one parameter, which it finds in the table.
KERNEL BOUNDS(kElementThreads) envlock_adamw(Launch launch, AdamWTable op) {
  note_multiprocessor(launch);
  int low = 0;
  int high = op.parameter_count;
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    if (op.parameters[middle].first_block <= block_x()) {
      low = middle;
    } else {
      high = middle;
    }
  }
  const AdamWParameter parameter = op.parameters[low];
  const int i = (block_x() - parameter.first_block) * block_size_x() + thread_x();
  if (i >= parameter.count) {
    return;
  }
  float* arena = of_replica(launch, op.arena) + i;
  float& value = arena[parameter.value];
  float& m_kept = arena[parameter.m];
  float& v_kept = arena[parameter.v];
  const float g = mul(arena[parameter.gradient], of_replica(launch, op.scale)[0]);
  const float m = fma(m_kept, kAdamBeta1, mul(g, kAdamRest1));
  const float v = fma(v_kept, kAdamBeta2, mul(mul(g, g), kAdamRest2));
  const float denominator = add(sqrt(mul(v, op.step.correction2)), kAdamEpsilon);
  const float change = div(mul(m, op.step.correction1), denominator);
  m_kept = m;
  v_kept = v;
  value = fma(-op.step.learning_rate, fma(value, parameter.decay, change), value);
}

}  // namespace envlock::kernels::cuda
