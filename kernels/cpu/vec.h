// The widest float32 vector of the instruction set that this file is compiled for, under one name. Every file of this
// folder is compiled once per instruction set, with ENVLOCK_ISA naming it; everything lives in a namespace of that
// name, so that no linker can take the AVX-512 copy of an inline function for a machine that lacks it.
//
// Only operations that IEEE 754 defines exactly are here: what a lane gets never depends on the width of the vector.
#pragma once

#include <cstdint>

#if defined(__AVX512F__) || defined(__AVX2__)
#if defined(__GNUC__) && !defined(__clang__)  // gcc 12 takes the _mm512_undefined_* inside its intrinsics for a mistake
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
#elif defined(ENVLOCK_ISA_IS_NEON)
#include <arm_neon.h>
#endif

#ifndef ENVLOCK_ISA
#error "kernels/CMakeLists.txt names the instruction set"
#endif
#if defined(__FAST_MATH__) && !defined(ENVLOCK_TEST_ALLOW_FAST_MATH)
#error "built with -ffast-math, the kernels would not compute what docs/probe-spec.md says"
#endif
#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0
#error "float expressions must be evaluated in float: on 32-bit x86 use -msse2 -mfpmath=sse"
#endif

#define ENVLOCK_INLINE inline __attribute__((always_inline))

namespace envlock::kernels::ENVLOCK_ISA {

#if defined(__AVX512F__)

struct F32 {
  static constexpr int kLanes = 16;
  __m512 v;
};
struct Mask32 {
  __mmask16 v;
};
ENVLOCK_INLINE F32 load(const float* p) {
  return {_mm512_loadu_ps(p)};
}
ENVLOCK_INLINE void store(float* p, F32 x) {
  _mm512_storeu_ps(p, x.v);
}
/// The first `count` lanes (0..kLanes); the others read as +0 and are not touched in memory.
ENVLOCK_INLINE F32 load_part(const float* p, int count) {
  return {_mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1u), p)};
}
ENVLOCK_INLINE void store_part(float* p, F32 x, int count) {
  _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << count) - 1u), x.v);
}
ENVLOCK_INLINE F32 broadcast(float x) {
  return {_mm512_set1_ps(x)};
}
ENVLOCK_INLINE F32 operator+(F32 a, F32 b) {
  return {_mm512_add_ps(a.v, b.v)};
}
ENVLOCK_INLINE F32 operator-(F32 a, F32 b) {
  return {_mm512_sub_ps(a.v, b.v)};
}
ENVLOCK_INLINE F32 operator*(F32 a, F32 b) {
  return {_mm512_mul_ps(a.v, b.v)};
}
ENVLOCK_INLINE F32 operator/(F32 a, F32 b) {
  return {_mm512_div_ps(a.v, b.v)};
}
ENVLOCK_INLINE F32 operator-(F32 a) {
  return {_mm512_castsi512_ps(_mm512_xor_si512(_mm512_castps_si512(a.v), _mm512_set1_epi32(INT32_MIN)))};
}
ENVLOCK_INLINE F32 sqrt(F32 a) {
  return {_mm512_sqrt_ps(a.v)};
}
/// a * b + c, rounded once.
ENVLOCK_INLINE F32 fma(F32 a, F32 b, F32 c) {
  return {_mm512_fmadd_ps(a.v, b.v, c.v)};
}
/// Ordered: false where an operand is NaN.
ENVLOCK_INLINE Mask32 operator>(F32 a, F32 b) {
  return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GT_OQ)};
}
/// True in the first `count` lanes.
ENVLOCK_INLINE Mask32 first_lanes(int count) {
  return {static_cast<__mmask16>((1u << count) - 1u)};
}
ENVLOCK_INLINE F32 select(Mask32 m, F32 yes, F32 no) {
  return {_mm512_mask_blend_ps(m.v, no.v, yes.v)};
}

#elif defined(__AVX2__)

struct F32 {
  static constexpr int kLanes = 8;
  __m256 v;
};
struct Mask32 {
  __m256 v;
};
ENVLOCK_INLINE F32 load(const float* p) {
  return {_mm256_loadu_ps(p)};
}
ENVLOCK_INLINE void store(float* p, F32 x) {
  _mm256_storeu_ps(p, x.v);
}
ENVLOCK_INLINE __m256i lanes_below(int count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
ENVLOCK_INLINE F32 load_part(const float* p, int count) {
  return {_mm256_maskload_ps(p, lanes_below(count))};
}
ENVLOCK_INLINE void store_part(float* p, F32 x, int count) {
  _mm256_maskstore_ps(p, lanes_below(count), x.v);
}
ENVLOCK_INLINE F32 broadcast(float x) {
  return {_mm256_set1_ps(x)};
}
ENVLOCK_INLINE F32 operator+(F32 a, F32 b) {
  return {_mm256_add_ps(a.v, b.v)};
}
ENVLOCK_INLINE F32 operator-(F32 a, F32 b) {
  return {_mm256_sub_ps(a.v, b.v)};
}
ENVLOCK_INLINE F32 operator*(F32 a, F32 b) {
  return {_mm256_mul_ps(a.v, b.v)};
}
ENVLOCK_INLINE F32 operator/(F32 a, F32 b) {
  return {_mm256_div_ps(a.v, b.v)};
}
ENVLOCK_INLINE F32 operator-(F32 a) {
  return {_mm256_xor_ps(a.v, _mm256_set1_ps(-0.0f))};
}
ENVLOCK_INLINE F32 sqrt(F32 a) {
  return {_mm256_sqrt_ps(a.v)};
}
ENVLOCK_INLINE F32 fma(F32 a, F32 b, F32 c) {
  return {_mm256_fmadd_ps(a.v, b.v, c.v)};
}
ENVLOCK_INLINE Mask32 operator>(F32 a, F32 b) {
  return {_mm256_cmp_ps(a.v, b.v, _CMP_GT_OQ)};
}
ENVLOCK_INLINE Mask32 first_lanes(int count) {
  return {_mm256_castsi256_ps(lanes_below(count))};
}
ENVLOCK_INLINE F32 select(Mask32 m, F32 yes, F32 no) {
  return {_mm256_blendv_ps(no.v, yes.v, m.v)};
}

#elif defined(ENVLOCK_ISA_IS_NEON)

struct F32 {
  static constexpr int kLanes = 4;
  float32x4_t v;
};
struct Mask32 {
  uint32x4_t v;
};
ENVLOCK_INLINE F32 load(const float* p) {
  return {vld1q_f32(p)};
}
ENVLOCK_INLINE void store(float* p, F32 x) {
  vst1q_f32(p, x.v);
}
ENVLOCK_INLINE F32 load_part(const float* p, int count) {
  float lanes[4] = {0, 0, 0, 0};
  for (int i = 0; i < count; ++i) lanes[i] = p[i];
  return {vld1q_f32(lanes)};
}
ENVLOCK_INLINE void store_part(float* p, F32 x, int count) {
  float lanes[4];
  vst1q_f32(lanes, x.v);
  for (int i = 0; i < count; ++i) p[i] = lanes[i];
}
ENVLOCK_INLINE F32 broadcast(float x) {
  return {vdupq_n_f32(x)};
}
ENVLOCK_INLINE F32 operator+(F32 a, F32 b) {
  return {vaddq_f32(a.v, b.v)};
}
ENVLOCK_INLINE F32 operator-(F32 a, F32 b) {
  return {vsubq_f32(a.v, b.v)};
}
ENVLOCK_INLINE F32 operator*(F32 a, F32 b) {
  return {vmulq_f32(a.v, b.v)};
}
ENVLOCK_INLINE F32 operator/(F32 a, F32 b) {
  return {vdivq_f32(a.v, b.v)};
}
ENVLOCK_INLINE F32 operator-(F32 a) {
  return {vnegq_f32(a.v)};
}
ENVLOCK_INLINE F32 sqrt(F32 a) {
  return {vsqrtq_f32(a.v)};
}
ENVLOCK_INLINE F32 fma(F32 a, F32 b, F32 c) {
  return {vfmaq_f32(c.v, a.v, b.v)};
}
ENVLOCK_INLINE Mask32 operator>(F32 a, F32 b) {
  return {vcgtq_f32(a.v, b.v)};
}
ENVLOCK_INLINE Mask32 first_lanes(int count) {
  const int32x4_t lanes = {0, 1, 2, 3};
  return {vcltq_s32(lanes, vdupq_n_s32(count))};
}
ENVLOCK_INLINE F32 select(Mask32 m, F32 yes, F32 no) {
  return {vbslq_f32(m.v, yes.v, no.v)};
}

#else  // any machine: one lane, and fma from the compiler or the C library, which must round once

struct F32 {
  static constexpr int kLanes = 1;
  float v;
};
struct Mask32 {
  bool v;
};
ENVLOCK_INLINE F32 load(const float* p) {
  return {*p};
}
ENVLOCK_INLINE void store(float* p, F32 x) {
  *p = x.v;
}
ENVLOCK_INLINE F32 load_part(const float* p, int count) {
  return {count > 0 ? *p : 0.0f};
}
ENVLOCK_INLINE void store_part(float* p, F32 x, int count) {
  if (count > 0) *p = x.v;
}
ENVLOCK_INLINE F32 broadcast(float x) {
  return {x};
}
ENVLOCK_INLINE F32 operator+(F32 a, F32 b) {
  return {a.v + b.v};
}
ENVLOCK_INLINE F32 operator-(F32 a, F32 b) {
  return {a.v - b.v};
}
ENVLOCK_INLINE F32 operator*(F32 a, F32 b) {
  return {a.v * b.v};
}
ENVLOCK_INLINE F32 operator/(F32 a, F32 b) {
  return {a.v / b.v};
}
ENVLOCK_INLINE F32 operator-(F32 a) {
  return {-a.v};
}
ENVLOCK_INLINE F32 sqrt(F32 a) {
  return {__builtin_sqrtf(a.v)};
}
ENVLOCK_INLINE F32 fma(F32 a, F32 b, F32 c) {
  return {__builtin_fmaf(a.v, b.v, c.v)};
}
ENVLOCK_INLINE Mask32 operator>(F32 a, F32 b) {
  return {a.v > b.v};
}
ENVLOCK_INLINE Mask32 first_lanes(int count) {
  return {count > 0};
}
ENVLOCK_INLINE F32 select(Mask32 m, F32 yes, F32 no) {
  return m.v ? yes : no;
}

#endif

}  // namespace envlock::kernels::ENVLOCK_ISA
