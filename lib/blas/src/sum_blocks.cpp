#include "sum_blocks.h"

#include <algorithm>
#include <cstddef>

namespace envlock::blas {
namespace {

std::size_t index(int term) {
  return static_cast<std::size_t>(term);
}

/// Tells the sums of blocks from the sums within one.
class Splitter {
 public:
  explicit Splitter(const SumTree& tree)
      : tree_(tree), extents_(extents(tree)), chain_(extents_.size()), split_(extents_.size()) {
    for (int k = 0; k < tree.K; ++k) chain_[index(k)] = true;
    for (int term = tree.K; term <= tree.last(); ++term) {
      const Addition& addition = tree.at(term);
      chain_[index(term)] = continues_chain(addition.left, addition.right) ||
                            (!addition.fused && continues_chain(addition.right, addition.left));
      split_[index(term)] = is_split(term);
    }
  }

  std::vector<Block> blocks() const {
    std::vector<Block> blocks;
    std::vector<int> stack = {tree_.last()};
    while (!stack.empty()) {
      const int term = stack.back();
      stack.pop_back();
      if (split_[index(term)]) {
        stack.push_back(tree_.at(term).left);
        stack.push_back(tree_.at(term).right);
      } else {
        blocks.push_back({extents_[index(term)].first, extents_[index(term)].end});
      }
    }
    std::ranges::sort(blocks, {}, &Block::first);
    return blocks;
  }

 private:
  /// A chain adds the next k to those before it, or the one before to those after it.
  bool continues_chain(int sum, int product) const {
    return tree_.is_product(product) && chain_[index(sum)] &&
           (extents_[index(sum)].end == product || extents_[index(sum)].first == product + 1);
  }
  bool is_made_of_blocks(int term) const { return extents_[index(term)].contiguous() || split_[index(term)]; }
  /// The sum of two stretches of k, or of sums of such, unless it is a mere chain. A single product is a block only
  /// next to others; one that is added unrounded belongs to the sum that it is added to.
  bool is_split(int term) const {
    const Addition& addition = tree_.at(term);
    if (addition.fused || chain_[index(term)]) return false;
    if (!is_made_of_blocks(addition.left) || !is_made_of_blocks(addition.right)) return false;
    const bool single = tree_.is_product(addition.left) || tree_.is_product(addition.right);
    return !single || extents_[index(term)].contiguous();
  }

  const SumTree& tree_;
  std::vector<Extent> extents_;
  std::vector<bool> chain_;  ///< neighbours one by one
  std::vector<bool> split_;
};

/// Reads how the products of a block are dealt out to accumulators.
class Lanes {
 public:
  explicit Lanes(const SumTree& tree) : tree_(tree), parent_(2 * static_cast<std::size_t>(tree.K), -1) {
    for (int term = tree.K; term <= tree.last(); ++term)
      for (const int child : {tree.at(term).left, tree.at(term).right}) parent_[index(child)] = term;
  }

  /// The distance from the block's first product to the one that is added to it first; 0 when that is a sum.
  int stride(const Block& block) const {
    if (block.size() == 1) return 1;
    const int other = sibling(block.first);
    return tree_.is_product(other) ? other - block.first : 0;
  }

  /// How many of k, k + step, k + 2 step, ... below `end` are added up before anything else joins them.
  int length_of_chain(int k, int step, int end) const {
    int length = 1;
    for (int sum = k; k + length * step < end && sibling(sum) == k + length * step; ++length) sum = parent_[index(sum)];
    return length;
  }

  /// Whether the products of a block are dealt out in turn. A rest may have gone elsewhere, and all of a block too
  /// short for turns into one accumulator.
  bool take_turns(const Block& block, int lanes) const {
    constexpr int kMostTurnsUnrolled = 8;
    if (length_of_chain(block.first, 1, block.end) == block.size())
      return lanes == 1 || block.size() < kMostTurnsUnrolled * lanes;
    if (lanes == 1) return false;
    int turns = block.size();
    for (int lane = 0; lane < std::min(lanes, block.size()); ++lane)
      turns = std::min(turns, length_of_chain(block.first + lane, lanes, block.end));
    return 2 * turns * lanes > block.size();
  }

 private:
  int sibling(int term) const {
    const int parent = parent_[index(term)];
    if (parent < 0) return -1;
    const Addition& addition = tree_.at(parent);
    return addition.left == term ? addition.right : addition.left;
  }

  const SumTree& tree_;
  std::vector<int> parent_;
};

int count_lanes(const Lanes& lanes, const std::vector<Block>& blocks) {
  const int stride = lanes.stride(*std::ranges::max_element(blocks, {}, &Block::size));
  if (stride < 1) return 0;
  return std::ranges::all_of(blocks, [&](const Block& block) { return lanes.take_turns(block, stride); }) ? stride : 0;
}

}  // namespace

Blocks find_blocks(const SumTree& tree) {
  std::vector<Block> blocks = Splitter(tree).blocks();
  const int lanes = count_lanes(Lanes(tree), blocks);
  return {std::move(blocks), lanes};
}

Blocks find_carried_blocks(const SumTree& tree) {
  const Lanes lanes(tree);
  Blocks carried;
  for (Block rest : Splitter(tree).blocks()) {
    const int stride = lanes.stride(rest);
    carried.lanes = std::max(carried.lanes, stride);
    while (stride > 1 && rest.size() > stride) {
      const int turns = lanes.length_of_chain(rest.first + 1, stride, rest.end);
      const int end = std::min(rest.end, rest.first + turns * stride);
      carried.blocks.push_back({rest.first, end});
      rest.first = end;
    }
    if (rest.size() > 0) carried.blocks.push_back(rest);
  }
  return carried;
}

}  // namespace envlock::blas
