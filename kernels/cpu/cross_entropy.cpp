#include "envlock/kernels/cross_entropy.h"

#include "exact_functions.h"
#include "lanes32.h"
#include "ops.h"

namespace envlock::kernels::ENVLOCK_ISA {

void cross_entropy(const CrossEntropy& loss, Range rows) {
  const int V = loss.V;
  const F32 inverse_rows = broadcast(loss.inverse_rows);
  for (int n = rows.begin; n < rows.end; ++n) {
    const float* x = loss.logits + static_cast<std::ptrdiff_t>(n) * V;
    float* dx = loss.dlogits + static_cast<std::ptrdiff_t>(n) * V;
    const int target = static_cast<int>(loss.targets[n]);
    const float largest = max32(x, V);
    const F32 m = broadcast(largest);
    for_vectors(0, V, [&](int v, int count) { store_some(dx + v, exp(load_some(x + v, count) - m), count); });
    const float z = sum32(dx, V);
    const float lse = first_lane(log(broadcast(z))) + largest;
    const F32 g = broadcast(1.0f / z);
    const float hit = dx[target] * (1.0f / z);
    for_vectors(0, V,
                [&](int v, int count) { store_some(dx + v, load_some(dx + v, count) * g * inverse_rows, count); });
    dx[target] = (hit - 1.0f) * loss.inverse_rows;
    loss.max[n] = largest;
    loss.lse[n] = lse;
    loss.rows[n] = lse - x[target];
  }
}

}  // namespace envlock::kernels::ENVLOCK_ISA
