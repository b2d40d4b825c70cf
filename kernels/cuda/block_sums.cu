#include "envlock/kernels/block_sums.h"

#include "replica.h"

namespace envlock::kernels::cuda {

/// One warp a block of 1,024 elements.
KERNEL BOUNDS(kRowThreads) envlock_block_sums(Launch launch, BlockSums op) {
  note_multiprocessor(launch);
  const int block = row_index();
  const int begin = block * kSumBlock;
  if (begin >= op.count) {
    return;  // a whole warp
  }
  const int end = begin + kSumBlock < op.count ? begin + kSumBlock : op.count;
  const float* x = of_replica(launch, op.x);
  float sum = 0;
  if (op.of == BlockSumOf::squares) {
    for (int i = begin + lane_index(); i < end; i += 32) {
      sum = fma(x[i], x[i], sum);
    }
  } else {
    for (int i = begin + lane_index(); i < end; i += 32) {
      sum = add(sum, x[i]);
    }
  }
  sum = halve_sum(sum);
  if (lane_index() == 0) {
    of_replica(launch, op.partials)[block] = sum;
  }
}

/// Adds neighbours until one is left, in place, by one block. Outputs are taken in ascending slices of one element a
/// thread: a slice reads no index below the ones it writes, so that between its two barriers all it needs is in hand.
DEVICE float pairwise(const Launch& launch, const Pairwise& op) {
  float* p = of_replica(launch, op.partials);
  const int threads = block_size_x();
  for (int count = op.count; count > 1; count = (count + 1) / 2) {
    for (int slice = 0; slice < (count + 1) / 2; slice += threads) {
      const int i = slice + thread_x();
      float value = 0;
      if (2 * i + 1 < count) {
        value = add(p[2 * i], p[2 * i + 1]);
      } else if (2 * i < count) {
        value = p[2 * i];
      }
      barrier();
      if (2 * i < count) {
        p[i] = value;
      }
      barrier();
    }
  }
  return p[0];
}

/// One block.
KERNEL BOUNDS(kPairThreads) envlock_mean_loss(Launch launch, MeanLoss op) {
  note_multiprocessor(launch);
  const float sum = pairwise(launch, op.sum);
  if (thread_x() == 0) {
    of_replica(launch, op.loss)[0] = div(sum, from_int(op.rows));
  }
}

/// One block.
KERNEL BOUNDS(kPairThreads) envlock_clip_scale(Launch launch, ClipScale op) {
  note_multiprocessor(launch);
  const float norm = sqrt(pairwise(launch, op.sum));
  if (thread_x() == 0) {
    of_replica(launch, op.norm)[0] = norm;
    of_replica(launch, op.scale)[0] = norm > 1.0f ? div(1.0f, norm) : 1.0f;
  }
}

}  // namespace envlock::kernels::cuda
