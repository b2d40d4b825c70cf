// sum32, dot32 and max32 of docs/probe-spec.md: 32 lanes whatever the vector's width, then five halvings.
#pragma once

#include "vec.h"

namespace envlock::kernels::ENVLOCK_ISA {

constexpr int kSumLanes = 32;
constexpr int kSumVectors = kSumLanes / F32::kLanes;

/// Lane i of the result is lane i + S of x where there is one; the others hold anything.
template <int S>
ENVLOCK_INLINE F32 lanes_from(F32 x) {
#if defined(__AVX512F__)
  return {_mm512_castsi512_ps(_mm512_alignr_epi32(_mm512_castps_si512(x.v), _mm512_castps_si512(x.v), S))};
#elif defined(__AVX2__)
  if constexpr (S == 4) return {_mm256_permute2f128_ps(x.v, x.v, 0x11)};
  if constexpr (S == 2) return {_mm256_permute_ps(x.v, 0xEE)};
  return {_mm256_permute_ps(x.v, 0xF5)};
#elif defined(ENVLOCK_ISA_IS_NEON)
  return {vextq_f32(x.v, x.v, S)};
#else
  return x;
#endif
}

ENVLOCK_INLINE float first_lane(F32 x) {
#if defined(__AVX512F__)
  return _mm512_cvtss_f32(x.v);
#elif defined(__AVX2__)
  return _mm256_cvtss_f32(x.v);
#elif defined(ENVLOCK_ISA_IS_NEON)
  return vgetq_lane_f32(x.v, 0);
#else
  return x.v;
#endif
}

/// The 32 lanes of one running sum or maximum.
struct Lanes {
  F32 v[kSumVectors];
};

ENVLOCK_INLINE Lanes all_lanes(float start) {
  Lanes lanes;
  for (int i = 0; i < kSumVectors; ++i) lanes.v[i] = broadcast(start);
  return lanes;
}

/// Walks 0 .. n-1 in chunks of 32: calls step(lane vector, index of its first element, how many elements) and keeps the
/// lanes that have no element as they were.
template <typename Step>
ENVLOCK_INLINE void for_lanes(Lanes& lanes, int n, Step step) {
  int i = 0;
  for (; i + kSumLanes <= n; i += kSumLanes) {
    for (int j = 0; j < kSumVectors; ++j) lanes.v[j] = step(lanes.v[j], i + j * F32::kLanes, F32::kLanes);
  }
  for (int j = 0; j < kSumVectors && i < n; ++j, i += F32::kLanes) {
    const int count = n - i < F32::kLanes ? n - i : F32::kLanes;
    lanes.v[j] = select(first_lanes(count), step(lanes.v[j], i, count), lanes.v[j]);
  }
}

/// The halvings: lane j takes lane j + s, for s = 16, 8, 4, 2, 1.
template <typename Join>
ENVLOCK_INLINE float halve(const Lanes& lanes, Join join) {
  F32 v[kSumVectors];
  for (int i = 0; i < kSumVectors; ++i) v[i] = lanes.v[i];
  for (int half = kSumVectors / 2; half >= 1; half /= 2) {
    for (int i = 0; i < half; ++i) v[i] = join(v[i], v[i + half]);
  }
  F32 x = v[0];
  if constexpr (F32::kLanes > 8) x = join(x, lanes_from<8>(x));
  if constexpr (F32::kLanes > 4) x = join(x, lanes_from<4>(x));
  if constexpr (F32::kLanes > 2) x = join(x, lanes_from<2>(x));
  if constexpr (F32::kLanes > 1) x = join(x, lanes_from<1>(x));
  return first_lane(x);
}

ENVLOCK_INLINE float halve_sum(const Lanes& lanes) {
  return halve(lanes, [](F32 a, F32 b) { return a + b; });
}

ENVLOCK_INLINE F32 larger(F32 candidate, F32 kept) {
  return select(candidate > kept, candidate, kept);
}

ENVLOCK_INLINE float halve_max(const Lanes& lanes) {
  return halve(lanes, [](F32 a, F32 b) { return larger(b, a); });
}

ENVLOCK_INLINE F32 load_some(const float* p, int count) {
  return count == F32::kLanes ? load(p) : load_part(p, count);
}

ENVLOCK_INLINE void store_some(float* p, F32 x, int count) {
  if (count == F32::kLanes) {
    store(p, x);
  } else {
    store_part(p, x, count);
  }
}

/// Calls body(index, count) for vectors that cover begin .. end-1; count is kLanes but for the last.
template <typename Body>
ENVLOCK_INLINE void for_vectors(int begin, int end, Body body) {
  int i = begin;
  for (; i + F32::kLanes <= end; i += F32::kLanes) body(i, F32::kLanes);
  if (i < end) body(i, end - i);
}

ENVLOCK_INLINE float sum32(const float* x, int n) {
  Lanes lanes = all_lanes(0.0f);
  for_lanes(lanes, n, [&](F32 lane, int i, int count) { return lane + load_some(x + i, count); });
  return halve_sum(lanes);
}

ENVLOCK_INLINE float dot32(const float* a, const float* b, int n) {
  Lanes lanes = all_lanes(0.0f);
  for_lanes(lanes, n,
            [&](F32 lane, int i, int count) { return fma(load_some(a + i, count), load_some(b + i, count), lane); });
  return halve_sum(lanes);
}

ENVLOCK_INLINE float max32(const float* x, int n) {
  Lanes lanes = all_lanes(-__builtin_inff());
  for_lanes(lanes, n, [&](F32 lane, int i, int count) { return larger(load_some(x + i, count), lane); });
  return halve_max(lanes);
}

}  // namespace envlock::kernels::ENVLOCK_ISA
