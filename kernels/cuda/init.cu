#include "envlock/kernels/init.h"

#include "envlock/kernels/philox.h"
#include "replica.h"

namespace envlock::kernels::cuda {

/// One thread for four elements.
KERNEL BOUNDS(kElementThreads) envlock_init_uniform(Launch launch, UniformInit op, int count) {
  note_multiprocessor(launch);
  const int i = element_index();
  if (4 * i >= count) {
    return;
  }
  float* out = of_replica(launch, op.out);
  const PhiloxWords words = philox(static_cast<unsigned>(i), op.parameter, kPhiloxInit);
#pragma unroll
  for (int j = 0; j < 4; ++j) {
    const int centred = static_cast<int>(words.w[j] >> 8) - (1 << 23);
    if (4 * i + j < count) {
      out[4 * i + j] = mul(mul(from_int(centred), 0x1p-23f), op.bound);
    }
  }
}

/// out[i] = value, of any type of four bytes.
KERNEL BOUNDS(kElementThreads) envlock_fill(Launch launch, unsigned* out, unsigned value, int count) {
  note_multiprocessor(launch);
  const int i = element_index();
  if (i < count) {
    of_replica(launch, out)[i] = value;
  }
}

/// Hands the batch, which the host sent once, to every replica: `count` tokens, then as many targets.
KERNEL BOUNDS(kElementThreads)
    envlock_take_batch(Launch launch, const unsigned* sent, unsigned* tokens, unsigned* targets, int count) {
  note_multiprocessor(launch);
  const int i = element_index();
  if (i < count) {
    of_replica(launch, tokens)[i] = sent[i];
  } else if (i < 2 * count) {
    of_replica(launch, targets)[i - count] = sent[i];
  }
}

}  // namespace envlock::kernels::cuda
