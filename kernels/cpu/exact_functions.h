// exp, log and tanh on the vectors of this instruction set, correctly rounded: for the elementwise ops to inline.
#pragma once

#include "vec64.h"

namespace envlock::kernels::ENVLOCK_ISA {

/// Correctly rounded, in every lane. NaN gives NaN (its payload is not specified).
ENVLOCK_INLINE F32 exp(F32 x) {
  return narrow(exact::exp(widen(x)));
}
/// Correctly rounded. x < 0 gives NaN, +-0 gives -inf.
ENVLOCK_INLINE F32 log(F32 x) {
  return narrow(exact::log(widen(x)));
}
/// Correctly rounded; tanh(-0) is -0.
ENVLOCK_INLINE F32 tanh(F32 x) {
  return narrow(exact::tanh(widen(x)));
}

}  // namespace envlock::kernels::ENVLOCK_ISA
