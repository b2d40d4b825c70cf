#include "envlock/kernels/gelu.h"

#include "exact_functions.h"
#include "lanes32.h"
#include "ops.h"

namespace envlock::kernels::ENVLOCK_ISA {

void gelu_forward(const GeluForward& gelu, Range elements) {
  const F32 one = broadcast(1.0f);
  for_vectors(elements.begin, elements.end, [&](int i, int count) {
    const F32 u = load_some(gelu.u + i, count);
    const F32 a = fma(u * u, broadcast(kGeluCubic), one);
    const F32 th = tanh(u * a * broadcast(kGeluScale));
    store_some(gelu.tanh + i, th, count);
    store_some(gelu.out + i, u * broadcast(0.5f) * (th + one), count);
  });
}

void gelu_backward(const GeluBackward& gelu, Range elements) {
  const F32 one = broadcast(1.0f);
  const F32 half = broadcast(0.5f);
  for_vectors(elements.begin, elements.end, [&](int i, int count) {
    const F32 u = load_some(gelu.u + i, count);
    const F32 th = load_some(gelu.tanh + i, count);
    const F32 p = fma(-th, th, one);
    const F32 q = fma(u * u, broadcast(kGeluCubicTimes3), one) * broadcast(kGeluScale);
    const F32 f = fma(u * half * p, q, (th + one) * half);
    store_some(gelu.du + i, load_some(gelu.dy + i, count) * f, count);
  });
}

}  // namespace envlock::kernels::ENVLOCK_ISA
