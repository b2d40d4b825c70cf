#include "envlock/kernels/gelu.h"

#include "envlock/kernels/exact_math.h"
#include "replica.h"

namespace envlock::kernels::cuda {

/// One thread an element.
KERNEL BOUNDS(kElementThreads) envlock_gelu_forward(Launch launch, GeluForward op, int count) {
  note_multiprocessor(launch);
  const int i = element_index();
  if (i >= count) {
    return;
  }
  const float u = of_replica(launch, op.u)[i];
  const float a = fma(mul(u, u), kGeluCubic, 1.0f);
  const float th = exact::tanh(mul(mul(u, a), kGeluScale));
  if (op.tanh != nullptr) {
    of_replica(launch, op.tanh)[i] = th;
  }
  of_replica(launch, op.out)[i] = mul(mul(u, 0.5f), add(th, 1.0f));
}

/// One thread an element.
KERNEL BOUNDS(kElementThreads) envlock_gelu_backward(Launch launch, GeluBackward op, int count) {
  note_multiprocessor(launch);
  const int i = element_index();
  if (i >= count) {
    return;
  }
  const float u = of_replica(launch, op.u)[i];
  const float th = of_replica(launch, op.tanh)[i];
  const float p = fma(-th, th, 1.0f);
  const float q = mul(fma(mul(u, u), kGeluCubicTimes3, 1.0f), kGeluScale);
  const float f = fma(mul(mul(u, 0.5f), p), q, mul(add(th, 1.0f), 0.5f));
  of_replica(launch, op.du)[i] = mul(of_replica(launch, op.dy)[i], f);
}

}  // namespace envlock::kernels::cuda
