#include "envlock/kernels/block_sums.h"

#include "lanes32.h"
#include "ops.h"

namespace envlock::kernels::ENVLOCK_ISA {

void block_sums(const BlockSums& sums, Range blocks) {
  for (int block = blocks.begin; block < blocks.end; ++block) {
    const int start = block * kSumBlock;
    const int n = sums.count - start < kSumBlock ? sums.count - start : kSumBlock;
    const float* x = sums.x + start;
    sums.partials[block] = sums.of == BlockSumOf::squares ? dot32(x, x, n) : sum32(x, n);
  }
}

namespace {

float pairwise(const Pairwise& sum) {
  for (int m = sum.count; m > 1; m = (m + 1) / 2) {
    for (int i = 0; i < m / 2; ++i) sum.partials[i] = sum.partials[2 * i] + sum.partials[2 * i + 1];
    if (m % 2 == 1) sum.partials[m / 2] = sum.partials[m - 1];
  }
  return sum.partials[0];
}

}  // namespace

void mean_loss(const MeanLoss& mean) {
  *mean.loss = pairwise(mean.sum) / static_cast<float>(mean.rows);
}

void clip_scale(const ClipScale& clip) {
  const float norm = __builtin_sqrtf(pairwise(clip.sum));
  *clip.norm = norm;
  *clip.scale = norm > 1.0f ? 1.0f / norm : 1.0f;
}

}  // namespace envlock::kernels::ENVLOCK_ISA
