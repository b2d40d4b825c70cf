// exp, log and tanh of a float32, correctly rounded, as one fixed sequence of float64 operations for every backend.
//
// The functions are templates over a "double": double itself (scalar code, CUDA device code) or a vector of doubles
// (cpu/vec64.h). Each takes the float32 widened to float64 and returns a float64 which, converted to float32 (to
// nearest, ties to even, subnormals kept), is the correctly rounded value. Why, and how that is proven for all 2^32
// inputs: docs/exact-math.md. No table, no branch, no libm; freestanding, so that device code can include it.
//
// A type D of doubles brings, findable by its namespace:
//   splat(like, c)                       c in every lane
//   add, sub, mul, div (a, b); fma(a, b, c)     rounded once each, never contracted
//   least(a, b): a < b ? a : b; most(a, b): a > b ? a : b      the second operand where one is NaN
//   is_greater(a, b), is_equal(a, b), select(mask, yes, no)    ordered comparisons
//   bits(d) and from_bits(u), plus(u, v), both(u, v) ("and"), either(u, v) ("or"), splat_bits(like, u),
//   shift_left_52(u), shift_right_52(u)  on 64-bit words
#pragma once

#if defined(__CUDA__) || defined(__CUDACC__)
#define ENVLOCK_HD __attribute__((host)) __attribute__((device)) __attribute__((always_inline)) inline
#else
#define ENVLOCK_HD __attribute__((always_inline)) inline
#endif

namespace envlock::kernels::exact {

/// A 64-bit word, without <cstdint>.
using Word = unsigned long long;

// ---- the operations on double itself ----------------------------------------------------------------------------

#if defined(__CUDA_ARCH__) && defined(__NVCC__)
ENVLOCK_HD double add(double a, double b) {
  return __dadd_rn(a, b);
}
ENVLOCK_HD double sub(double a, double b) {
  return __dadd_rn(a, -b);
}
ENVLOCK_HD double mul(double a, double b) {
  return __dmul_rn(a, b);
}
ENVLOCK_HD double div(double a, double b) {
  return __ddiv_rn(a, b);
}
ENVLOCK_HD double fma(double a, double b, double c) {
  return __fma_rn(a, b, c);
}
ENVLOCK_HD float narrow(double a) {
  return __double2float_rn(a);
}
#elif defined(__CUDA_ARCH__)
ENVLOCK_HD double add(double a, double b) {
  return __nvvm_add_rn_d(a, b);
}
ENVLOCK_HD double sub(double a, double b) {
  return __nvvm_add_rn_d(a, -b);
}
ENVLOCK_HD double mul(double a, double b) {
  return __nvvm_mul_rn_d(a, b);
}
ENVLOCK_HD double div(double a, double b) {
  return __nvvm_div_rn_d(a, b);
}
ENVLOCK_HD double fma(double a, double b, double c) {
  return __nvvm_fma_rn_d(a, b, c);
}
ENVLOCK_HD float narrow(double a) {
  return __nvvm_d2f_rn(a);
}
#else  // the build forbids contraction: -ffp-contract=off
ENVLOCK_HD double add(double a, double b) {
  return a + b;
}
ENVLOCK_HD double sub(double a, double b) {
  return a - b;
}
ENVLOCK_HD double mul(double a, double b) {
  return a * b;
}
ENVLOCK_HD double div(double a, double b) {
  return a / b;
}
ENVLOCK_HD double fma(double a, double b, double c) {
  return __builtin_fma(a, b, c);
}
ENVLOCK_HD float narrow(double a) {
  return static_cast<float>(a);
}
#endif

ENVLOCK_HD double splat(double /*like*/, double c) {
  return c;
}
ENVLOCK_HD Word splat_bits(double /*like*/, Word u) {
  return u;
}
ENVLOCK_HD double least(double a, double b) {
  return a < b ? a : b;
}
ENVLOCK_HD double most(double a, double b) {
  return a > b ? a : b;
}
ENVLOCK_HD bool is_greater(double a, double b) {
  return a > b;
}
ENVLOCK_HD bool is_equal(double a, double b) {
  return a == b;
}
ENVLOCK_HD double select(bool mask, double yes, double no) {
  return mask ? yes : no;
}
ENVLOCK_HD Word bits(double d) {
  return __builtin_bit_cast(Word, d);
}
ENVLOCK_HD double from_bits(Word u) {
  return __builtin_bit_cast(double, u);
}
ENVLOCK_HD Word plus(Word u, Word v) {
  return u + v;
}
ENVLOCK_HD Word both(Word u, Word v) {
  return u & v;
}
ENVLOCK_HD Word either(Word u, Word v) {
  return u | v;
}
ENVLOCK_HD Word shift_left_52(Word u) {
  return u << 52;
}
ENVLOCK_HD Word shift_right_52(Word u) {
  return u >> 52;
}

// ---- the functions ----------------------------------------------------------------------------------------------

/// exp(x) = scale + scale * p, with scale = 2^k, |x - k ln 2| <= ln(2) / 2 and p = exp(x - k ln 2) - 1.
template <class D>
struct ExpParts {
  D scale;
  D p;
};

/// Of a float32 between -104 and 89.
template <class D>
ENVLOCK_HD ExpParts<D> exp_parts(D x) {
  const D shift = splat(x, 0x1.80000000003ffp+52);  // 1.5 * 2^52 + 1023: rounds to an integer and adds the bias
  const D shifted = fma(x, splat(x, 0x1.71547652b82fep+0), shift);
  const D scale = from_bits(shift_left_52(bits(shifted)));
  const D k = sub(shifted, shift);
  const D r = fma(k, splat(x, -0x1.abc9e3b39803fp-56), fma(k, splat(x, -0x1.62e42fefa39efp-1), x));
  const D rr = mul(r, r);
  D q = splat(x, 0x1.af38a71a18cb9p-26);
  q = fma(q, r, splat(x, 0x1.2891834686c7ep-22));
  q = fma(q, r, splat(x, 0x1.71de0daf7a6ccp-19));
  q = fma(q, r, splat(x, 0x1.a019b90eefe8ep-16));
  q = fma(q, r, splat(x, 0x1.a01a01a7c3d59p-13));
  q = fma(q, r, splat(x, 0x1.6c16c1788b646p-10));
  q = fma(q, r, splat(x, 0x1.11111111109b4p-7));
  q = fma(q, r, splat(x, 0x1.5555555553d64p-5));
  q = fma(q, r, splat(x, 0x1.5555555555556p-3));
  q = fma(q, r, splat(x, 0x1.0000000000001p-1));
  return {scale, fma(rr, q, r)};
}

/// exp of a float32, to be rounded to float32. NaN gives NaN; beyond -104 and 89 the result no longer depends on x.
template <class D>
ENVLOCK_HD D exp(D x) {
  x = least(splat(x, 89.0), x);
  x = most(splat(x, -104.0), x);
  const ExpParts<D> e = exp_parts(x);
  return fma(e.scale, e.p, e.scale);
}

/// tanh of a float32, to be rounded to float32: m / (m + 2) with m = exp(2 |x|) - 1, and the sign of x. NaN gives NaN.
template <class D>
ENVLOCK_HD D tanh(D x) {
  const auto sign = both(bits(x), splat_bits(x, 0x8000000000000000ull));
  const D magnitude = least(splat(x, 10.0), from_bits(both(bits(x), splat_bits(x, 0x7fffffffffffffffull))));
  const ExpParts<D> e = exp_parts(add(magnitude, magnitude));
  const D m = fma(e.scale, e.p, sub(e.scale, splat(x, 1.0)));
  return from_bits(either(bits(div(m, add(m, splat(x, 2.0)))), sign));
}

/// high + low rounded to odd: the sum where it is exact, else that of the two float64 around it whose last bit is set.
/// Rounded to float32, it gives what the exact sum would. |high| >= |low| or high = 0.
template <class D>
ENVLOCK_HD D add_to_odd(D high, D low) {
  const D sum = add(high, low);
  const D rest = sub(low, sub(sum, high));  // exact
  const D below = from_bits(plus(bits(sum), splat_bits(sum, ~Word{0})));
  const D toward_zero = select(is_greater(splat(sum, 0.0), mul(sum, rest)), below, sum);
  return select(is_equal(rest, splat(sum, 0.0)), sum, from_bits(either(bits(toward_zero), splat_bits(sum, 1))));
}

/// log of a float32, to be rounded to float32. NaN and x < 0 give NaN, +-0 gives -inf.
template <class D>
ENVLOCK_HD D log(D x) {
  // x = 2^e (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)): every float32 but the special ones is a normal float64.
  const auto u = plus(bits(x), splat_bits(x, 0x3ff0000000000000ull - 0x3fe6a09e667f3bcdull));
  const D biased = from_bits(either(shift_right_52(u), splat_bits(x, 0x4330000000000000ull)));  // 2^52 + e + 1023
  const D e = sub(biased, splat(x, 0x1.00000000003ffp+52));
  const D f = sub(from_bits(plus(both(u, splat_bits(x, 0x000fffffffffffffull)), splat_bits(x, 0x3fe6a09e667f3bcdull))),
                  splat(x, 1.0));
  // log(1 + f) = 2 atanh(s) = f - s (f - z P(z)) with s = f / (2 + f) and z = s^2; here t = -s and p = -P(z).
  const D t = div(f, sub(splat(x, -2.0), f));
  const D z = mul(t, t);
  D p = splat(x, -0x1.2b5900de53b32p-3);
  p = fma(p, z, splat(x, -0x1.39fe51a7c18f9p-3));
  p = fma(p, z, splat(x, -0x1.7462b51cb66b1p-3));
  p = fma(p, z, splat(x, -0x1.c71c62e3f11e6p-3));
  p = fma(p, z, splat(x, -0x1.2492492df281ap-2));
  p = fma(p, z, splat(x, -0x1.99999999952d7p-2));
  p = fma(p, z, splat(x, -0x1.5555555555558p-1));
  const D low = fma(t, fma(z, p, f), fma(e, splat(x, -0x1.0ca86c3898d00p-49), f));
  const D high = mul(e, splat(x, 0x1.62e42fefa3a00p-1));  // exact: 8 bits times 44
  const D result = add_to_odd(high, low);
  return select(is_greater(x, splat(x, 0.0)), select(is_equal(x, splat(x, __builtin_huge_val())), x, result),
                select(is_equal(x, splat(x, 0.0)), splat(x, -__builtin_huge_val()), splat(x, __builtin_nan(""))));
}

/// The correctly rounded float32, on one float.
ENVLOCK_HD float exp(float x) {
  return narrow(exp(static_cast<double>(x)));
}
ENVLOCK_HD float log(float x) {
  return narrow(log(static_cast<double>(x)));
}
ENVLOCK_HD float tanh(float x) {
  return narrow(tanh(static_cast<double>(x)));
}

}  // namespace envlock::kernels::exact
