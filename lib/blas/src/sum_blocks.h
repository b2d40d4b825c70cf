// Blocks and accumulators of an order of sums: what a tree looks like to those who write such code.
#pragma once

#include <vector>

#include "sum_tree.h"

namespace envlock::blas {

/// Neighbouring products.
struct Block {
  int first = 0;
  int end = 0;

  int size() const { return end - first; }
};

/// The blocks of a tree, and how many accumulators take turns in each of them, 0 when they have no common number.
struct Blocks {
  std::vector<Block> blocks;  ///< ascending
  int lanes = 0;
};

/// Blocks are the largest stretches of k that are added up before they meet the rest.
Blocks find_blocks(const SumTree& tree);

/// The same, but for code that begins a block with the sum so far in its first accumulator: such a block begins where
/// the second accumulator begins.
Blocks find_carried_blocks(const SumTree& tree);

}  // namespace envlock::blas
