#include "envlock/kernels/layernorm.h"

#include "replica.h"

namespace envlock::kernels::cuda {

/// One warp a row.
KERNEL BOUNDS(kRowThreads) envlock_layernorm_forward(Launch launch, LayerNormForward op, int rows) {
  note_multiprocessor(launch);
  const int row = row_index();
  if (row >= rows) {
    return;  // a whole warp
  }
  const float* x = of_replica(launch, op.x) + row * op.C;
  const float* weight = of_replica(launch, op.weight);
  const float* bias = of_replica(launch, op.bias);
  float* out = of_replica(launch, op.out) + row * op.C;
  const float width = from_int(op.C);
  float sum = 0;
  for (int c = lane_index(); c < op.C; c += 32) {
    sum = add(sum, x[c]);
  }
  const float mean = div(halve_sum(sum), width);
  float squares = 0;
  for (int c = lane_index(); c < op.C; c += 32) {
    const float d = sub(x[c], mean);
    squares = fma(d, d, squares);
  }
  const float variance = div(halve_sum(squares), width);
  const float rstd = div(1.0f, sqrt(add(variance, kLayerNormEpsilon)));
  for (int c = lane_index(); c < op.C; c += 32) {
    out[c] = fma(mul(sub(x[c], mean), rstd), weight[c], bias[c]);
  }
  if (lane_index() == 0) {
    of_replica(launch, op.mean)[row] = mean;
    of_replica(launch, op.rstd)[row] = rstd;
  }
}

/// One warp a row.
KERNEL BOUNDS(kRowThreads) envlock_layernorm_backward(Launch launch, LayerNormBackward op, int rows) {
  note_multiprocessor(launch);
  const int row = row_index();
  if (row >= rows) {
    return;  // a whole warp
  }
  const float* dy = of_replica(launch, op.dy) + row * op.C;
  const float* x = of_replica(launch, op.x) + row * op.C;
  const float* weight = of_replica(launch, op.weight);
  float* dx = of_replica(launch, op.dx) + row * op.C;
  const float mean = of_replica(launch, op.mean)[row];
  const float rstd = of_replica(launch, op.rstd)[row];
  const float width = from_int(op.C);
  float sum = 0;
  float dot = 0;
  for (int c = lane_index(); c < op.C; c += 32) {
    const float h = mul(sub(x[c], mean), rstd);
    const float g = mul(dy[c], weight[c]);
    sum = add(sum, g);
    dot = fma(g, h, dot);
  }
  const float s1 = div(halve_sum(sum), width);
  const float s2 = div(halve_sum(dot), width);
  const bool has_upstream = op.upstream != nullptr;
  const float* upstream = has_upstream ? of_replica(launch, op.upstream) + row * op.C : nullptr;
  for (int c = lane_index(); c < op.C; c += 32) {
    const float h = mul(sub(x[c], mean), rstd);
    const float g = mul(dy[c], weight[c]);
    const float value = mul(fma(-h, s2, sub(g, s1)), rstd);
    dx[c] = has_upstream ? add(upstream[c], value) : value;
  }
}

/// A block owns 32 columns; warp j adds the rows n with n mod 32 = j, so that neighbours read neighbours. The lanes of
/// a column then lie in 32 warps: shared memory turns them into the 32 lanes of one.
KERNEL BOUNDS(kColumnThreads) envlock_layernorm_weight_gradient(Launch launch, LayerNormWeightGradient op) {
  note_multiprocessor(launch);
  SHARED float dots[32][33];
  SHARED float sums[32][33];
  const int across = lane_index();
  const int warp = thread_x() / 32;
  const int first = block_x() * 32;
  const float* dy = of_replica(launch, op.dy);
  const float* x = of_replica(launch, op.x);
  const float* mean = of_replica(launch, op.mean);
  const float* rstd = of_replica(launch, op.rstd);
  float dot = 0;
  float sum = 0;
  if (first + across < op.C) {
    for (int n = warp; n < op.N; n += 32) {
      const int at = n * op.C + first + across;
      const float h = mul(sub(x[at], mean[n]), rstd[n]);
      dot = fma(dy[at], h, dot);
      sum = add(sum, dy[at]);
    }
  }
  dots[warp][across] = dot;
  sums[warp][across] = sum;
  barrier();
  const float column_dot = halve_sum(dots[across][warp]);
  const float column_sum = halve_sum(sums[across][warp]);
  if (across == 0 && first + warp < op.C) {
    of_replica(launch, op.dweight)[first + warp] = column_dot;
    of_replica(launch, op.dbias)[first + warp] = column_sum;
  }
}

}  // namespace envlock::kernels::cuda
