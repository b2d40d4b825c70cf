#include "envlock/kernels/cuda_self_test.h"

#include "envlock/kernels/exact_math.h"
#include "envlock/kernels/philox.h"
#include "replica.h"

namespace envlock::kernels::cuda {

constexpr unsigned kSelfTestStream = 0x74657374;  // no stream of the specification

/// A NaN has no bits of its own: all become one.
DEVICE float one_nan(float a) {
  return (bits_of(a) & 0x7fffffffu) > 0x7f800000u ? float_of(0x7fc00000u) : a;
}

/// A float of any kind, with the exponent kept within `spread` of that of 1: even inputs of exp give no plain infinity.
DEVICE float with_exponent(unsigned word, unsigned spread) {
  const unsigned exponent = 127 - spread + ((word >> 23 & 0xffu) * (2 * spread + 1) >> 8);
  return float_of((word & 0x807fffffu) | (exponent << 23));
}

/// One thread an input. The first half of the inputs has moderate exponents, the second any bits at all: subnormal
/// numbers, infinities and NaNs too.
KERNEL BOUNDS(kElementThreads) envlock_self_test(Launch launch, SelfTest op) {
  note_multiprocessor(launch);
  const int i = element_index();
  if (i >= kSelfTestCount) {
    return;
  }
  const PhiloxWords words = philox(static_cast<unsigned>(i), 0, kSelfTestStream);
  const bool is_moderate = i < kSelfTestCount / 2;
  const float a = is_moderate ? with_exponent(words.w[0], 6) : float_of(words.w[0]);
  const float b = is_moderate ? with_exponent(words.w[1], 20) : float_of(words.w[1]);
  const float c = is_moderate ? with_exponent(words.w[2], 20) : float_of(words.w[2]);
  const float magnitude = float_of(bits_of(a) & 0x7fffffffu);
  float* out = of_replica(launch, op.out) + i;
  out[self_test_exp * kSelfTestCount] = one_nan(exact::exp(a));
  out[self_test_log * kSelfTestCount] = one_nan(exact::log(magnitude));
  out[self_test_tanh * kSelfTestCount] = one_nan(exact::tanh(a));
  out[self_test_add * kSelfTestCount] = one_nan(add(a, b));
  out[self_test_mul * kSelfTestCount] = one_nan(mul(a, b));
  out[self_test_div * kSelfTestCount] = one_nan(div(a, b));
  out[self_test_sqrt * kSelfTestCount] = one_nan(sqrt(magnitude));
  out[self_test_fma * kSelfTestCount] = one_nan(fma(a, b, c));
  out[self_test_convert * kSelfTestCount] =
      one_nan(add(narrow(mul(widen(a), widen(b))), from_int(static_cast<int>(words.w[3]))));
  float* inputs = of_replica(launch, op.inputs) + i;
  inputs[0] = with_exponent(words.w[1], 3);
  inputs[kSelfTestCount] = with_exponent(words.w[2], 3);
}

}  // namespace envlock::kernels::cuda
