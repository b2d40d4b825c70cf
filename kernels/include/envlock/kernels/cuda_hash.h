// What the hashing kernels are given. Shared by the kernels and by the code that launches them.
#pragma once

namespace envlock::kernels::cuda {

/// A tensor to be hashed. Tables are sorted by first_leaf, which counts up without gaps.
struct HashTensor {
  unsigned long long offset = 0;  ///< in elements, from the start of a replica's arena
  unsigned count = 0;             ///< elements
  unsigned first_leaf = 0;
  unsigned is_float = 0;  ///< 1: NaNs become one NaN first, and are counted
  unsigned unused = 0;
};

/// Everything but `tensors` belongs to a replica. Digests are 32 bytes in the byte order of SHA-256, but held as words.
/// Shapes: leaves (leaf_count, 8); leaf_nans (leaf_count); scratch (leaf_count + tensor_count, 8); roots
/// (tensor_count, 8); root_nans (tensor_count).
struct Hash {
  const unsigned* arena = nullptr;
  const HashTensor* tensors = nullptr;
  int tensor_count = 0;
  int leaf_count = 0;
  unsigned* leaves = nullptr;
  unsigned* leaf_nans = nullptr;
  unsigned* scratch = nullptr;
  unsigned* roots = nullptr;
  unsigned* root_nans = nullptr;
};

constexpr int kLeafWords = 1024;
constexpr int kLeafThreads = 64;
/// At most; the host takes fewer where no tensor has that many leaves.
constexpr int kTreeThreads = 256;

}  // namespace envlock::kernels::cuda
