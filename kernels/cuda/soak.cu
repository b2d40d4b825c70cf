#include "envlock/kernels/cuda_soak.h"

#include "replica.h"

namespace envlock::kernels::cuda {

/// One block a replica. Only the first tensor that differs, in the order of the page, is kept, and only of the first
/// step that has one: what follows is its consequence.
KERNEL BOUNDS(kSoakThreads) envlock_soak_compare(Launch launch, Soak op) {
  note_multiprocessor(launch);
  SHARED int firsts[kSoakThreads];
  const unsigned* roots = of_replica(launch, op.roots);
  int first = op.tensor_count;
  for (int tensor = thread_x(); tensor < op.tensor_count; tensor += block_size_x()) {
    bool is_equal = true;
    for (int word = 0; word < 8; ++word) {
      is_equal = is_equal && roots[tensor * 8 + word] == op.expected[tensor * 8 + word];
    }
    if (!is_equal && tensor < first) {
      first = tensor;
    }
  }
  firsts[thread_x()] = first;
  barrier();
  if (thread_x() == 0) {
    for (int i = 0; i < block_size_x(); ++i) {
      first = firsts[i] < first ? firsts[i] : first;
    }
    SoakMismatch& mismatch = op.mismatches[block_z()];
    if (first < op.tensor_count && mismatch.found == 0) {
      mismatch.replica = static_cast<unsigned>(block_z());
      mismatch.step = op.step;
      mismatch.tensor = static_cast<unsigned>(first);
      mismatch.found = 1;
    }
  }
}

}  // namespace envlock::kernels::cuda
