#include "envlock/kernels/cross_entropy.h"

#include "envlock/kernels/exact_math.h"
#include "replica.h"

namespace envlock::kernels::cuda {

/// One warp a row. The row's exponentials wait in `dlogits`, each read again by the thread that wrote it.
KERNEL BOUNDS(kRowThreads) envlock_cross_entropy(Launch launch, CrossEntropy op, int rows) {
  note_multiprocessor(launch);
  const int row = row_index();
  if (row >= rows) {
    return;  // a whole warp
  }
  const float* logits = of_replica(launch, op.logits) + static_cast<long long>(row) * op.V;
  float* dlogits = of_replica(launch, op.dlogits) + static_cast<long long>(row) * op.V;
  const int target = static_cast<int>(of_replica(launch, op.targets)[row]);
  float max = -__builtin_inff();
  for (int v = lane_index(); v < op.V; v += 32) {
    max = logits[v] > max ? logits[v] : max;
  }
  max = halve_max(max);
  float sum = 0;
  for (int v = lane_index(); v < op.V; v += 32) {
    const float e = exact::exp(sub(logits[v], max));
    dlogits[v] = e;
    sum = add(sum, e);
  }
  const float z = halve_sum(sum);
  const float g = div(1.0f, z);
  for (int v = lane_index(); v < op.V; v += 32) {
    dlogits[v] = mul(sub(mul(dlogits[v], g), v == target ? 1.0f : 0.0f), op.inverse_rows);
  }
  if (lane_index() == 0) {
    const float lse = add(exact::log(z), max);
    of_replica(launch, op.max)[row] = max;
    of_replica(launch, op.lse)[row] = lse;
    of_replica(launch, op.rows)[row] = sub(lse, logits[target]);
  }
}

}  // namespace envlock::kernels::cuda
