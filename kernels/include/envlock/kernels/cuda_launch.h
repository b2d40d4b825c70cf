// What the host hands to a kernel beside the op itself. Shared by the kernels and by the code that launches them.
#pragma once

namespace envlock::kernels::cuda {

/// Every kernel's first parameter. The pointers of an op are those of replica 0; block_z tells the replica, whose
/// tensors lie `replica_bytes` further each. `multiprocessors` may be null: else it gets, for each block of the grid in
/// linear order, the number of the multiprocessor that ran it.
struct Launch {
  unsigned long long replica_bytes = 0;
  unsigned* multiprocessors = nullptr;
};

/// A grid of products of one shape, along block_y: with n = block_y, outer = n / inner_count and inner = n %
/// inner_count, an operand of product n lies outer * its outer stride + inner * its inner stride floats after that of
/// product 0.
struct GemmGrid {
  int inner_count = 1;
  long long a_outer = 0;
  long long a_inner = 0;
  long long b_outer = 0;
  long long b_inner = 0;
  long long c_outer = 0;
  long long c_inner = 0;
};

/// Threads of a block for kernels that work element by element.
constexpr int kElementThreads = 256;
/// Threads of a block for kernels that give each row a warp: four rows a block.
constexpr int kRowThreads = 128;
/// Threads of a block for kernels that add over rows: 32 columns times 32 lanes.
constexpr int kColumnThreads = 1024;
/// Threads of the one block that adds partial sums pairwise.
constexpr int kPairThreads = 256;

/// The output tiles of the matrix product, smallest first. A block computes one tile; its threads own 4x4 or 8x8
/// outputs each.
struct GemmTile {
  int rows = 0;
  int columns = 0;
  int threads = 0;
};
constexpr GemmTile kGemmTiles[] = {{32, 32, 64}, {64, 64, 256}, {128, 128, 256}};

}  // namespace envlock::kernels::cuda
