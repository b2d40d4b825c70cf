// The lanes of an F32 as float64: F64 holds as many lanes as F32, in two registers where F32 needs one. It brings the
// operations that envlock/kernels/exact_math.h asks for, each of them exact or rounded once.
#pragma once

#include "vec.h"

#include <envlock/kernels/exact_math.h>

namespace envlock::kernels::ENVLOCK_ISA {

using exact::Word;

#if defined(__AVX512F__)

struct F64 {
  __m512d low, high;
};
struct U64 {
  __m512i low, high;
};
struct Mask64 {
  __mmask8 low, high;
};
/// Exact.
ENVLOCK_INLINE F64 widen(F32 x) {
  return {_mm512_cvtps_pd(_mm512_castps512_ps256(x.v)), _mm512_cvtps_pd(_mm512_extractf32x8_ps(x.v, 1))};
}
/// To nearest, ties to even.
ENVLOCK_INLINE F32 narrow(F64 x) {
  return {_mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(x.low)), _mm512_cvtpd_ps(x.high), 1)};
}
ENVLOCK_INLINE void store(double* p, F64 x) {
  _mm512_storeu_pd(p, x.low);
  _mm512_storeu_pd(p + 8, x.high);
}
ENVLOCK_INLINE F64 splat(F64 /*like*/, double c) {
  return {_mm512_set1_pd(c), _mm512_set1_pd(c)};
}
ENVLOCK_INLINE U64 splat_bits(F64 /*like*/, Word u) {
  const __m512i v = _mm512_set1_epi64(static_cast<long long>(u));
  return {v, v};
}
ENVLOCK_INLINE F64 add(F64 a, F64 b) {
  return {_mm512_add_pd(a.low, b.low), _mm512_add_pd(a.high, b.high)};
}
ENVLOCK_INLINE F64 sub(F64 a, F64 b) {
  return {_mm512_sub_pd(a.low, b.low), _mm512_sub_pd(a.high, b.high)};
}
ENVLOCK_INLINE F64 mul(F64 a, F64 b) {
  return {_mm512_mul_pd(a.low, b.low), _mm512_mul_pd(a.high, b.high)};
}
ENVLOCK_INLINE F64 div(F64 a, F64 b) {
  return {_mm512_div_pd(a.low, b.low), _mm512_div_pd(a.high, b.high)};
}
ENVLOCK_INLINE F64 fma(F64 a, F64 b, F64 c) {
  return {_mm512_fmadd_pd(a.low, b.low, c.low), _mm512_fmadd_pd(a.high, b.high, c.high)};
}
ENVLOCK_INLINE F64 least(F64 a, F64 b) {
  return {_mm512_min_pd(a.low, b.low), _mm512_min_pd(a.high, b.high)};
}
ENVLOCK_INLINE F64 most(F64 a, F64 b) {
  return {_mm512_max_pd(a.low, b.low), _mm512_max_pd(a.high, b.high)};
}
ENVLOCK_INLINE Mask64 is_greater(F64 a, F64 b) {
  return {_mm512_cmp_pd_mask(a.low, b.low, _CMP_GT_OQ), _mm512_cmp_pd_mask(a.high, b.high, _CMP_GT_OQ)};
}
ENVLOCK_INLINE Mask64 is_equal(F64 a, F64 b) {
  return {_mm512_cmp_pd_mask(a.low, b.low, _CMP_EQ_OQ), _mm512_cmp_pd_mask(a.high, b.high, _CMP_EQ_OQ)};
}
ENVLOCK_INLINE F64 select(Mask64 m, F64 yes, F64 no) {
  return {_mm512_mask_blend_pd(m.low, no.low, yes.low), _mm512_mask_blend_pd(m.high, no.high, yes.high)};
}
ENVLOCK_INLINE U64 bits(F64 d) {
  return {_mm512_castpd_si512(d.low), _mm512_castpd_si512(d.high)};
}
ENVLOCK_INLINE F64 from_bits(U64 u) {
  return {_mm512_castsi512_pd(u.low), _mm512_castsi512_pd(u.high)};
}
ENVLOCK_INLINE U64 plus(U64 u, U64 v) {
  return {_mm512_add_epi64(u.low, v.low), _mm512_add_epi64(u.high, v.high)};
}
ENVLOCK_INLINE U64 both(U64 u, U64 v) {
  return {_mm512_and_si512(u.low, v.low), _mm512_and_si512(u.high, v.high)};
}
ENVLOCK_INLINE U64 either(U64 u, U64 v) {
  return {_mm512_or_si512(u.low, v.low), _mm512_or_si512(u.high, v.high)};
}
ENVLOCK_INLINE U64 shift_left_52(U64 u) {
  return {_mm512_slli_epi64(u.low, 52), _mm512_slli_epi64(u.high, 52)};
}
ENVLOCK_INLINE U64 shift_right_52(U64 u) {
  return {_mm512_srli_epi64(u.low, 52), _mm512_srli_epi64(u.high, 52)};
}

#elif defined(__AVX2__)

struct F64 {
  __m256d low, high;
};
struct U64 {
  __m256i low, high;
};
struct Mask64 {
  __m256d low, high;
};
ENVLOCK_INLINE F64 widen(F32 x) {
  return {_mm256_cvtps_pd(_mm256_castps256_ps128(x.v)), _mm256_cvtps_pd(_mm256_extractf128_ps(x.v, 1))};
}
ENVLOCK_INLINE F32 narrow(F64 x) {
  return {_mm256_insertf128_ps(_mm256_castps128_ps256(_mm256_cvtpd_ps(x.low)), _mm256_cvtpd_ps(x.high), 1)};
}
ENVLOCK_INLINE void store(double* p, F64 x) {
  _mm256_storeu_pd(p, x.low);
  _mm256_storeu_pd(p + 4, x.high);
}
ENVLOCK_INLINE F64 splat(F64 /*like*/, double c) {
  return {_mm256_set1_pd(c), _mm256_set1_pd(c)};
}
ENVLOCK_INLINE U64 splat_bits(F64 /*like*/, Word u) {
  const __m256i v = _mm256_set1_epi64x(static_cast<long long>(u));
  return {v, v};
}
ENVLOCK_INLINE F64 add(F64 a, F64 b) {
  return {_mm256_add_pd(a.low, b.low), _mm256_add_pd(a.high, b.high)};
}
ENVLOCK_INLINE F64 sub(F64 a, F64 b) {
  return {_mm256_sub_pd(a.low, b.low), _mm256_sub_pd(a.high, b.high)};
}
ENVLOCK_INLINE F64 mul(F64 a, F64 b) {
  return {_mm256_mul_pd(a.low, b.low), _mm256_mul_pd(a.high, b.high)};
}
ENVLOCK_INLINE F64 div(F64 a, F64 b) {
  return {_mm256_div_pd(a.low, b.low), _mm256_div_pd(a.high, b.high)};
}
ENVLOCK_INLINE F64 fma(F64 a, F64 b, F64 c) {
  return {_mm256_fmadd_pd(a.low, b.low, c.low), _mm256_fmadd_pd(a.high, b.high, c.high)};
}
ENVLOCK_INLINE F64 least(F64 a, F64 b) {
  return {_mm256_min_pd(a.low, b.low), _mm256_min_pd(a.high, b.high)};
}
ENVLOCK_INLINE F64 most(F64 a, F64 b) {
  return {_mm256_max_pd(a.low, b.low), _mm256_max_pd(a.high, b.high)};
}
ENVLOCK_INLINE Mask64 is_greater(F64 a, F64 b) {
  return {_mm256_cmp_pd(a.low, b.low, _CMP_GT_OQ), _mm256_cmp_pd(a.high, b.high, _CMP_GT_OQ)};
}
ENVLOCK_INLINE Mask64 is_equal(F64 a, F64 b) {
  return {_mm256_cmp_pd(a.low, b.low, _CMP_EQ_OQ), _mm256_cmp_pd(a.high, b.high, _CMP_EQ_OQ)};
}
ENVLOCK_INLINE F64 select(Mask64 m, F64 yes, F64 no) {
  return {_mm256_blendv_pd(no.low, yes.low, m.low), _mm256_blendv_pd(no.high, yes.high, m.high)};
}
ENVLOCK_INLINE U64 bits(F64 d) {
  return {_mm256_castpd_si256(d.low), _mm256_castpd_si256(d.high)};
}
ENVLOCK_INLINE F64 from_bits(U64 u) {
  return {_mm256_castsi256_pd(u.low), _mm256_castsi256_pd(u.high)};
}
ENVLOCK_INLINE U64 plus(U64 u, U64 v) {
  return {_mm256_add_epi64(u.low, v.low), _mm256_add_epi64(u.high, v.high)};
}
ENVLOCK_INLINE U64 both(U64 u, U64 v) {
  return {_mm256_and_si256(u.low, v.low), _mm256_and_si256(u.high, v.high)};
}
ENVLOCK_INLINE U64 either(U64 u, U64 v) {
  return {_mm256_or_si256(u.low, v.low), _mm256_or_si256(u.high, v.high)};
}
ENVLOCK_INLINE U64 shift_left_52(U64 u) {
  return {_mm256_slli_epi64(u.low, 52), _mm256_slli_epi64(u.high, 52)};
}
ENVLOCK_INLINE U64 shift_right_52(U64 u) {
  return {_mm256_srli_epi64(u.low, 52), _mm256_srli_epi64(u.high, 52)};
}

#elif defined(ENVLOCK_ISA_IS_NEON)

struct F64 {
  float64x2_t low, high;
};
struct U64 {
  uint64x2_t low, high;
};
struct Mask64 {
  uint64x2_t low, high;
};
ENVLOCK_INLINE F64 widen(F32 x) {
  return {vcvt_f64_f32(vget_low_f32(x.v)), vcvt_high_f64_f32(x.v)};
}
ENVLOCK_INLINE F32 narrow(F64 x) {
  return {vcvt_high_f32_f64(vcvt_f32_f64(x.low), x.high)};
}
ENVLOCK_INLINE void store(double* p, F64 x) {
  vst1q_f64(p, x.low);
  vst1q_f64(p + 2, x.high);
}
ENVLOCK_INLINE F64 splat(F64 /*like*/, double c) {
  return {vdupq_n_f64(c), vdupq_n_f64(c)};
}
ENVLOCK_INLINE U64 splat_bits(F64 /*like*/, Word u) {
  return {vdupq_n_u64(u), vdupq_n_u64(u)};
}
ENVLOCK_INLINE F64 add(F64 a, F64 b) {
  return {vaddq_f64(a.low, b.low), vaddq_f64(a.high, b.high)};
}
ENVLOCK_INLINE F64 sub(F64 a, F64 b) {
  return {vsubq_f64(a.low, b.low), vsubq_f64(a.high, b.high)};
}
ENVLOCK_INLINE F64 mul(F64 a, F64 b) {
  return {vmulq_f64(a.low, b.low), vmulq_f64(a.high, b.high)};
}
ENVLOCK_INLINE F64 div(F64 a, F64 b) {
  return {vdivq_f64(a.low, b.low), vdivq_f64(a.high, b.high)};
}
ENVLOCK_INLINE F64 fma(F64 a, F64 b, F64 c) {
  return {vfmaq_f64(c.low, a.low, b.low), vfmaq_f64(c.high, a.high, b.high)};
}
ENVLOCK_INLINE Mask64 is_greater(F64 a, F64 b) {
  return {vcgtq_f64(a.low, b.low), vcgtq_f64(a.high, b.high)};
}
ENVLOCK_INLINE Mask64 is_equal(F64 a, F64 b) {
  return {vceqq_f64(a.low, b.low), vceqq_f64(a.high, b.high)};
}
ENVLOCK_INLINE F64 select(Mask64 m, F64 yes, F64 no) {
  return {vbslq_f64(m.low, yes.low, no.low), vbslq_f64(m.high, yes.high, no.high)};
}
ENVLOCK_INLINE F64 least(F64 a, F64 b) {
  return select(is_greater(b, a), a, b);
}
ENVLOCK_INLINE F64 most(F64 a, F64 b) {
  return select(is_greater(a, b), a, b);
}
ENVLOCK_INLINE U64 bits(F64 d) {
  return {vreinterpretq_u64_f64(d.low), vreinterpretq_u64_f64(d.high)};
}
ENVLOCK_INLINE F64 from_bits(U64 u) {
  return {vreinterpretq_f64_u64(u.low), vreinterpretq_f64_u64(u.high)};
}
ENVLOCK_INLINE U64 plus(U64 u, U64 v) {
  return {vaddq_u64(u.low, v.low), vaddq_u64(u.high, v.high)};
}
ENVLOCK_INLINE U64 both(U64 u, U64 v) {
  return {vandq_u64(u.low, v.low), vandq_u64(u.high, v.high)};
}
ENVLOCK_INLINE U64 either(U64 u, U64 v) {
  return {vorrq_u64(u.low, v.low), vorrq_u64(u.high, v.high)};
}
ENVLOCK_INLINE U64 shift_left_52(U64 u) {
  return {vshlq_n_u64(u.low, 52), vshlq_n_u64(u.high, 52)};
}
ENVLOCK_INLINE U64 shift_right_52(U64 u) {
  return {vshrq_n_u64(u.low, 52), vshrq_n_u64(u.high, 52)};
}

#else  // one lane: exact_math.h has the operations

using F64 = double;
ENVLOCK_INLINE F64 widen(F32 x) {
  return static_cast<double>(x.v);
}
ENVLOCK_INLINE F32 narrow(F64 x) {
  return {static_cast<float>(x)};
}
ENVLOCK_INLINE void store(double* p, F64 x) {
  *p = x;
}

#endif

}  // namespace envlock::kernels::ENVLOCK_ISA
