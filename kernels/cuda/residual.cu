#include "envlock/kernels/residual.h"

#include "replica.h"

namespace envlock::kernels::cuda {

/// One thread an element.
KERNEL BOUNDS(kElementThreads) envlock_residual(Launch launch, Residual op, int count) {
  note_multiprocessor(launch);
  const int i = element_index();
  if (i < count) {
    of_replica(launch, op.out)[i] = add(of_replica(launch, op.left)[i], of_replica(launch, op.right)[i]);
  }
}

}  // namespace envlock::kernels::cuda
