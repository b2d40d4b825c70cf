// What the soak kernel is given and leaves behind. Shared by the kernel and by the code that launches it.
#pragma once

namespace envlock::kernels::cuda {

/// The first difference that a replica found: `found` is 0 where there is none yet.
struct SoakMismatch {
  unsigned found = 0;
  unsigned replica = 0;
  unsigned step = 0;
  unsigned tensor = 0;  ///< index into Plan::digested
};

/// Holds the roots of every replica against those that the step must have.
/// Shapes: roots (tensor_count, 8), of each replica; expected (tensor_count, 8); mismatches (replicas).
struct Soak {
  const unsigned* roots = nullptr;
  const unsigned* expected = nullptr;
  SoakMismatch* mismatches = nullptr;
  int tensor_count = 0;
  unsigned step = 0;
};

constexpr int kSoakThreads = 128;

}  // namespace envlock::kernels::cuda
