#include "envlock/kernels/adamw.h"

#include "lanes32.h"
#include "ops.h"

namespace envlock::kernels::ENVLOCK_ISA {

void adamw(const AdamW& adam, Range elements) {
  const F32 scale = broadcast(*adam.scale);
  const F32 minus_rate = broadcast(-adam.step.learning_rate);
  const F32 correction1 = broadcast(adam.step.correction1);
  const F32 correction2 = broadcast(adam.step.correction2);
  const F32 decay = broadcast(adam.decay);
  for_vectors(elements.begin, elements.end, [&](int i, int count) {
    const F32 g = load_some(adam.gradient + i, count) * scale;
    const F32 m = fma(load_some(adam.m + i, count), broadcast(kAdamBeta1), g * broadcast(kAdamRest1));
    const F32 v = fma(load_some(adam.v + i, count), broadcast(kAdamBeta2), g * g * broadcast(kAdamRest2));
    const F32 update = m * correction1 / (sqrt(v * correction2) + broadcast(kAdamEpsilon));
    const F32 w = load_some(adam.parameter + i, count);
    store_some(adam.m + i, m, count);
    store_some(adam.v + i, v, count);
    store_some(adam.parameter + i, fma(minus_rate, fma(w, decay, update), w), count);
  });
}

}  // namespace envlock::kernels::ENVLOCK_ISA
