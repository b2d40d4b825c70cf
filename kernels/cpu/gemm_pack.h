// Copies parts of the operands of gemm into the order in which the tiles read them.
#pragma once

#include <cstddef>

#include "vec.h"

namespace envlock::kernels::ENVLOCK_ISA {
namespace {

/// to[k * stride + j] = from[k * step + j] for k < K, j < count; lanes up to the next whole vector become +0.
/// Shapes: count in 1 .. stride, stride a multiple of the lanes.
inline void pack_rows(float* to, std::ptrdiff_t stride, const float* from, std::ptrdiff_t step, int K, int count) {
  if (count == 2 * F32::kLanes) {
    for (int k = 0; k < K; ++k, to += stride, from += step) {
      const F32 low = load(from);
      const F32 high = load(from + F32::kLanes);
      store(to, low);
      store(to + F32::kLanes, high);
    }
    return;
  }
  for (int k = 0; k < K; ++k, to += stride, from += step) {
    int j = 0;
    for (; j + F32::kLanes <= count; j += F32::kLanes) store(to + j, load(from + j));
    if (j < count) store(to + j, load_part(from + j, count - j));
  }
}

#if defined(__AVX512F__)
/// to[k * stride + j] = from[j * step + k] for 16 x 16 values, of which `count` (1..16) columns j and `K` (1..16) rows
/// k exist; the other columns become +0, the other rows are not written.
ENVLOCK_INLINE void transpose_block(float* to, std::ptrdiff_t stride, const float* from, std::ptrdiff_t step, int K,
                                    int count) {
  constexpr __mmask16 kAll = 0xffff;  // g++ 12 warns about the plain forms, which hide an uninitialised value
  const auto in_row = static_cast<__mmask16>((1u << K) - 1u);
  __m512 r[16];
#pragma GCC unroll 16
  for (int j = 0; j < 16; ++j) r[j] = _mm512_maskz_loadu_ps(j < count ? in_row : __mmask16{0}, from + j * step);
  __m512 t[16];
#pragma GCC unroll 8
  for (int j = 0; j < 8; ++j) {
    t[2 * j] = _mm512_maskz_unpacklo_ps(kAll, r[2 * j], r[2 * j + 1]);
    t[2 * j + 1] = _mm512_maskz_unpackhi_ps(kAll, r[2 * j], r[2 * j + 1]);
  }
#pragma GCC unroll 4
  for (int j = 0; j < 4; ++j) {
    r[4 * j] = _mm512_maskz_shuffle_ps(kAll, t[4 * j], t[4 * j + 2], 0x44);
    r[4 * j + 1] = _mm512_maskz_shuffle_ps(kAll, t[4 * j], t[4 * j + 2], 0xee);
    r[4 * j + 2] = _mm512_maskz_shuffle_ps(kAll, t[4 * j + 1], t[4 * j + 3], 0x44);
    r[4 * j + 3] = _mm512_maskz_shuffle_ps(kAll, t[4 * j + 1], t[4 * j + 3], 0xee);
  }
#pragma GCC unroll 4
  for (int k = 0; k < 4; ++k) {
    const __m512 low = _mm512_maskz_shuffle_f32x4(kAll, r[k], r[4 + k], 0x88);
    const __m512 low_odd = _mm512_maskz_shuffle_f32x4(kAll, r[k], r[4 + k], 0xdd);
    const __m512 high = _mm512_maskz_shuffle_f32x4(kAll, r[8 + k], r[12 + k], 0x88);
    const __m512 high_odd = _mm512_maskz_shuffle_f32x4(kAll, r[8 + k], r[12 + k], 0xdd);
    t[k] = _mm512_maskz_shuffle_f32x4(kAll, low, high, 0x88);
    t[8 + k] = _mm512_maskz_shuffle_f32x4(kAll, low, high, 0xdd);
    t[4 + k] = _mm512_maskz_shuffle_f32x4(kAll, low_odd, high_odd, 0x88);
    t[12 + k] = _mm512_maskz_shuffle_f32x4(kAll, low_odd, high_odd, 0xdd);
  }
#pragma GCC unroll 16
  for (int k = 0; k < 16; ++k)
    if (k < K) _mm512_storeu_ps(to + k * stride, t[k]);
}
#elif defined(__AVX2__)
/// to[k * stride + j] = from[j * step + k] for 8 x 8 values, of which `count` (1..8) columns j and `K` (1..8) rows k
/// exist; the other columns become +0, the other rows are not written.
ENVLOCK_INLINE void transpose_block(float* to, std::ptrdiff_t stride, const float* from, std::ptrdiff_t step, int K,
                                    int count) {
  __m256 r[8];
  if (K == 8) {
#pragma GCC unroll 8
    for (int j = 0; j < 8; ++j) r[j] = j < count ? _mm256_loadu_ps(from + j * step) : _mm256_setzero_ps();
  } else {
#pragma GCC unroll 8
    for (int j = 0; j < 8; ++j) r[j] = j < count ? load_part(from + j * step, K).v : _mm256_setzero_ps();
  }
  __m256 t[8];
#pragma GCC unroll 4
  for (int j = 0; j < 4; ++j) {
    t[2 * j] = _mm256_unpacklo_ps(r[2 * j], r[2 * j + 1]);
    t[2 * j + 1] = _mm256_unpackhi_ps(r[2 * j], r[2 * j + 1]);
  }
#pragma GCC unroll 2
  for (int j = 0; j < 2; ++j) {
    r[4 * j] = _mm256_shuffle_ps(t[4 * j], t[4 * j + 2], 0x44);
    r[4 * j + 1] = _mm256_shuffle_ps(t[4 * j], t[4 * j + 2], 0xee);
    r[4 * j + 2] = _mm256_shuffle_ps(t[4 * j + 1], t[4 * j + 3], 0x44);
    r[4 * j + 3] = _mm256_shuffle_ps(t[4 * j + 1], t[4 * j + 3], 0xee);
  }
#pragma GCC unroll 4
  for (int k = 0; k < 4; ++k) {
    t[k] = _mm256_permute2f128_ps(r[k], r[4 + k], 0x20);
    t[4 + k] = _mm256_permute2f128_ps(r[k], r[4 + k], 0x31);
  }
#pragma GCC unroll 8
  for (int k = 0; k < 8; ++k)
    if (k < K) _mm256_storeu_ps(to + k * stride, t[k]);
}
#else
/// to[k * stride + j] = from[j * step + k] for j < count and k < K; columns up to the lanes become +0.
ENVLOCK_INLINE void transpose_block(float* to, std::ptrdiff_t stride, const float* from, std::ptrdiff_t step, int K,
                                    int count) {
  for (int k = 0; k < K; ++k)
    for (int j = 0; j < F32::kLanes; ++j) to[k * stride + j] = j < count ? from[j * step + k] : 0.0f;
}
#endif

/// to[k * stride + j] = from[j * step + k] for k < K, j < count; lanes up to the next whole vector become +0.
/// Shapes: count in 1 .. stride, stride a multiple of the lanes.
inline void pack_transposed(float* to, std::ptrdiff_t stride, const float* from, std::ptrdiff_t step, int K,
                            int count) {
  constexpr int kBlock = F32::kLanes;
  for (int j = 0; j < count; j += kBlock) {
    const int columns = count - j < kBlock ? count - j : kBlock;
    for (int k = 0; k < K; k += kBlock)
      transpose_block(to + k * stride + j, stride, from + j * step + k, step, K - k < kBlock ? K - k : kBlock, columns);
  }
}

}  // namespace
}  // namespace envlock::kernels::ENVLOCK_ISA
