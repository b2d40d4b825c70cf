// What the optimiser's kernel is given. Shared by the kernel and by the code that launches it.
#pragma once

#include "envlock/kernels/adamw.h"

namespace envlock::kernels::cuda {

/// One parameter; places are elements from the start of a replica's arena. Tables are sorted by first_block.
struct AdamWParameter {
  unsigned long long value = 0;
  unsigned long long gradient = 0;
  unsigned long long m = 0;
  unsigned long long v = 0;
  int count = 0;
  int first_block = 0;
  float decay = 0;
  int unused = 0;
};

/// AdamW of all parameters in one launch.
struct AdamWTable {
  AdamWStep step;
  int parameter_count = 0;
  const float* scale = nullptr;
  float* arena = nullptr;
  const AdamWParameter* parameters = nullptr;  ///< the same for all replicas
};

}  // namespace envlock::kernels::cuda
