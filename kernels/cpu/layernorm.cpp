#include "envlock/kernels/layernorm.h"

#include "lanes32.h"
#include "ops.h"

namespace envlock::kernels::ENVLOCK_ISA {

void layernorm_forward(const LayerNormForward& norm, Range rows) {
  const int C = norm.C;
  const auto width = static_cast<float>(C);
  for (int n = rows.begin; n < rows.end; ++n) {
    const float* x = norm.x + static_cast<std::ptrdiff_t>(n) * C;
    float* out = norm.out + static_cast<std::ptrdiff_t>(n) * C;
    const float mean = sum32(x, C) / width;
    const F32 mean_everywhere = broadcast(mean);
    Lanes lanes = all_lanes(0.0f);
    for_lanes(lanes, C, [&](F32 lane, int c, int count) {
      const F32 d = load_some(x + c, count) - mean_everywhere;
      return fma(d, d, lane);
    });
    const float variance = halve_sum(lanes) / width;
    const float rstd = 1.0f / __builtin_sqrtf(variance + kLayerNormEpsilon);
    const F32 rstd_everywhere = broadcast(rstd);
    for_vectors(0, C, [&](int c, int count) {
      const F32 scaled = (load_some(x + c, count) - mean_everywhere) * rstd_everywhere;
      store_some(out + c, fma(scaled, load_some(norm.weight + c, count), load_some(norm.bias + c, count)), count);
    });
    norm.mean[n] = mean;
    norm.rstd[n] = rstd;
  }
}

void layernorm_backward(const LayerNormBackward& norm, Range rows) {
  const int C = norm.C;
  const auto width = static_cast<float>(C);
  for (int n = rows.begin; n < rows.end; ++n) {
    const std::ptrdiff_t start = static_cast<std::ptrdiff_t>(n) * C;
    const float* x = norm.x + start;
    const float* dy = norm.dy + start;
    const F32 mean = broadcast(norm.mean[n]);
    const F32 rstd = broadcast(norm.rstd[n]);
    const auto h = [&](int c, int count) { return (load_some(x + c, count) - mean) * rstd; };
    const auto g = [&](int c, int count) { return load_some(dy + c, count) * load_some(norm.weight + c, count); };
    Lanes sums = all_lanes(0.0f);
    Lanes dots = all_lanes(0.0f);
    for_lanes(sums, C, [&](F32 lane, int c, int count) { return lane + g(c, count); });
    for_lanes(dots, C, [&](F32 lane, int c, int count) { return fma(g(c, count), h(c, count), lane); });
    const F32 s1 = broadcast(halve_sum(sums) / width);
    const F32 s2 = broadcast(halve_sum(dots) / width);
    for_vectors(0, C, [&](int c, int count) {
      F32 dx = fma(-h(c, count), s2, g(c, count) - s1) * rstd;
      if (norm.upstream != nullptr) dx = load_some(norm.upstream + start + c, count) + dx;
      store_some(norm.dx + start + c, dx, count);
    });
  }
}

namespace {

/// The 32 lanes of one vector of columns, one running sum a lane, halved as sum32 halves them.
struct ColumnLanes {
  F32 lane[kSumLanes];
};

ENVLOCK_INLINE F32 halve_columns(ColumnLanes& lanes) {
  for (int half = kSumLanes / 2; half >= 1; half /= 2) {
    for (int j = 0; j < half; ++j) lanes.lane[j] = lanes.lane[j] + lanes.lane[j + half];
  }
  return lanes.lane[0];
}

ENVLOCK_INLINE void column_gradient(const LayerNormWeightGradient& norm, int c, int count) {
  ColumnLanes weight;
  ColumnLanes bias;
  for (int j = 0; j < kSumLanes; ++j) weight.lane[j] = bias.lane[j] = broadcast(0.0f);
  for (int n = 0; n < norm.N; ++n) {
    const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(n) * norm.C + c;
    const F32 dy = load_some(norm.dy + at, count);
    const F32 h = (load_some(norm.x + at, count) - broadcast(norm.mean[n])) * broadcast(norm.rstd[n]);
    const int j = n % kSumLanes;
    weight.lane[j] = fma(dy, h, weight.lane[j]);
    bias.lane[j] = bias.lane[j] + dy;
  }
  store_some(norm.dweight + c, halve_columns(weight), count);
  store_some(norm.dbias + c, halve_columns(bias), count);
}

}  // namespace

void layernorm_weight_gradient(const LayerNormWeightGradient& norm, Range columns) {
  for_vectors(columns.begin, columns.end, [&](int c, int count) { column_gradient(norm, c, count); });
}

}  // namespace envlock::kernels::ENVLOCK_ISA
