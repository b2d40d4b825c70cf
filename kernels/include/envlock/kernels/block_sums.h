#pragma once

namespace envlock::kernels {

constexpr int kSumBlock = 1024;

/// The first half of sum1024 and dot1024: one partial sum for each block of 1,024 consecutive elements.
/// Shapes: x (count); partials (ceil(count / 1024)); a Range counts blocks.
/// Order: sum32 of a block (values), or dot32 of the block with itself (squares).
enum class BlockSumOf { values, squares };
struct BlockSums {
  BlockSumOf of = BlockSumOf::values;
  int count = 0;
  const float* x = nullptr;
  float* partials = nullptr;
};

/// The second half: neighbours are added until one is left; an odd last one is carried up. `partials` is overwritten.
struct Pairwise {
  int count = 0;
  float* partials = nullptr;
};

/// loss = pairwise(partials) / rows.
struct MeanLoss {
  Pairwise sum;
  int rows = 0;
  float* loss = nullptr;
};

/// norm = sqrt(pairwise(partials)); scale = norm > 1 ? 1 / norm : 1.
struct ClipScale {
  Pairwise sum;
  float* norm = nullptr;
  float* scale = nullptr;
};

}  // namespace envlock::kernels
