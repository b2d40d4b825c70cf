#include "sum_words.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace envlock::blas {
namespace {

struct Block {
  int first = 0;
  int end = 0;
};

/// Whether a term is the sum of sums of neighbouring products: both of its terms are, or one is and the other is a
/// single product that is left over.
std::vector<bool> splits(const SumTree& tree, const std::vector<Extent>& of_term) {
  std::vector<bool> split(of_term.size());
  for (int term = tree.K; term <= tree.last(); ++term) {
    const Addition& addition = tree.at(term);
    if (addition.fused) continue;
    const auto left = static_cast<std::size_t>(addition.left);
    const auto right = static_cast<std::size_t>(addition.right);
    if (!of_term[left].contiguous() || !of_term[right].contiguous()) continue;
    if (!of_term[static_cast<std::size_t>(term)].contiguous()) continue;
    const bool left_product = tree.is_product(addition.left);
    const bool right_product = tree.is_product(addition.right);
    split[static_cast<std::size_t>(term)] =
        left_product ? !right_product && split[right] : (!right_product || split[left]);
  }
  return split;
}

std::vector<Block> find_blocks(const SumTree& tree) {
  const std::vector<Extent> of_term = extents(tree);
  const std::vector<bool> split = splits(tree, of_term);
  std::vector<Block> blocks;
  std::vector<int> stack = {tree.last()};
  while (!stack.empty()) {
    const auto term = static_cast<std::size_t>(stack.back());
    stack.pop_back();
    if (split[term]) {
      stack.push_back(tree.at(static_cast<int>(term)).left);
      stack.push_back(tree.at(static_cast<int>(term)).right);
    } else {
      blocks.push_back({of_term[term].first, of_term[term].end});
    }
  }
  std::ranges::sort(blocks, {}, &Block::first);
  return blocks;
}

/// Reads how the products of a block are dealt out to accumulators.
class Lanes {
 public:
  explicit Lanes(const SumTree& tree) : tree_(tree), parent_(static_cast<std::size_t>(2 * tree.K), -1) {
    for (int term = tree.K; term <= tree.last(); ++term)
      for (const int child : {tree.at(term).left, tree.at(term).right}) parent_[static_cast<std::size_t>(child)] = term;
  }

  /// The distance from the block's first product to the one that is added to it first; 0 when that is a sum.
  int stride(const Block& block) const {
    if (block.end - block.first == 1) return 1;
    const int other = sibling(block.first);
    return tree_.is_product(other) ? other - block.first : 0;
  }

  /// How many of k, k + step, k + 2 step, ... are added up before anything else joins them.
  int length_of_chain(int k, int step) const {
    int length = 1;
    for (int sum = k; sibling(sum) == k + length * step; ++length) sum = parent_[static_cast<std::size_t>(sum)];
    return length;
  }

  /// Whether all products of the block but a rest of less than `lanes` are dealt out in turn.
  bool takes_turns(const Block& block, int lanes) const {
    const int whole = block.first + (block.end - block.first) / lanes * lanes;
    for (int lane = block.first; lane < block.first + lanes; ++lane) {
      int sum = lane;
      for (int k = lane + lanes; k < whole; k += lanes) {
        if (sibling(sum) != k) return false;
        sum = parent_[static_cast<std::size_t>(sum)];
      }
    }
    return true;
  }

 private:
  int sibling(int term) const {
    const int parent = parent_[static_cast<std::size_t>(term)];
    if (parent < 0) return -1;
    const Addition& addition = tree_.at(parent);
    return addition.left == term ? addition.right : addition.left;
  }

  const SumTree& tree_;
  std::vector<int> parent_;
};

int count_lanes(const Lanes& lanes, const std::vector<Block>& blocks) {
  const auto size_of = [](const Block& block) { return block.end - block.first; };
  const int stride = lanes.stride(*std::ranges::max_element(blocks, {}, size_of));
  if (stride < 1) return 0;
  return std::ranges::all_of(blocks, [&](const Block& block) { return lanes.takes_turns(block, stride); }) ? stride : 0;
}

/// Blocks whose sum is not added to the sum so far, but begins with it in its first accumulator, are one block to
/// find_blocks. They are told apart by their second accumulators, which begin at nothing.
std::vector<Block> cut_where_accumulators_begin(const Lanes& lanes, const std::vector<Block>& blocks) {
  std::vector<Block> cut;
  for (Block rest : blocks) {
    const int stride = lanes.stride(rest);
    while (stride > 1 && rest.end - rest.first > stride) {
      const int end = std::min(rest.end, rest.first + lanes.length_of_chain(rest.first + 1, stride) * stride);
      cut.push_back({rest.first, end});
      rest.first = end;
    }
    if (rest.first < rest.end) cut.push_back(rest);
  }
  return cut;
}

/// How the accumulators of a block are added up when it ends.
enum class Joining { in_turn, halves, pairs };

int join(std::vector<int> sums, Joining joining, SumTree& tree) {
  while (sums.size() > 1) {
    const std::size_t half = sums.size() / 2;
    if (joining == Joining::in_turn) {
      sums[1] = tree.add(sums[0], sums[1]);
      sums.erase(sums.begin());
      continue;
    }
    for (std::size_t s = 0; s < half; ++s)
      sums[s] = joining == Joining::halves ? tree.add(sums[s], sums[s + half]) : tree.add(sums[2 * s], sums[2 * s + 1]);
    sums.resize(half);
  }
  return sums.front();
}

/// What the numbers of an order leave open.
struct Way {
  Joining joining = Joining::in_turn;
  /// The first accumulator of a block begins with the sum so far, if the block before was as long.
  bool carried = false;
  const char* words = "";  ///< of several accumulators
};
constexpr Way kWays[] = {{Joining::in_turn, false, ", added in turn"},
                         {Joining::halves, false, ", added by halves"},
                         {Joining::pairs, false, ", added in pairs"},
                         {Joining::in_turn, true, ", the first going on from block to block, added in turn"},
                         {Joining::halves, true, ", the first going on from block to block, added by halves"},
                         {Joining::pairs, true, ", the first going on from block to block, added in pairs"}};

bool power_of_two(int n) {
  return n > 0 && (n & (n - 1)) == 0;
}

/// Whether the numbers of an order describe a tree at all, in this way.
bool makes_sense(const probe::SumOrder& order, const Way& way) {
  if (order.lanes < 1 || (order.lanes == 1 && (way.carried || way.joining != Joining::in_turn))) return false;
  const auto fits = [&](int size) {
    return size > 0 && (way.joining == Joining::in_turn || power_of_two(std::min(size, order.lanes)));
  };
  return std::ranges::all_of(order.blocks, fits) &&
         std::accumulate(order.blocks.begin(), order.blocks.end(), 0) == order.K;
}

/// The tree of an order that makes sense.
SumTree make_tree(const probe::SumOrder& order, const Way& way) {
  SumTree tree{order.K};
  int sum = -1;
  int first = 0;
  int size_before = 0;
  for (const int size : order.blocks) {
    const bool carried = way.carried && size == size_before;
    std::vector<int> sums;
    for (int lane = first; lane < first + std::min(order.lanes, size); ++lane) {
      sums.push_back(carried && lane == first ? tree.add(sum, lane, order.fused) : lane);
      for (int k = lane + order.lanes; k < first + size; k += order.lanes)
        sums.back() = tree.add(sums.back(), k, order.fused);
    }
    const int block = join(std::move(sums), way.joining, tree);
    sum = sum < 0 || carried ? block : tree.add(sum, block);
    first += size;
    size_before = size;
  }
  return tree;
}

/// The way whose tree is the order's.
const Way* find_way(const probe::SumOrder& order) {
  const auto is_it = [&](const Way& way) {
    return makes_sense(order, way) && digest(make_tree(order, way)) == order.tree;
  };
  const auto* way = std::ranges::find_if(kWays, is_it);
  return way == std::end(kWays) ? nullptr : way;
}

std::string words_for_lanes(const probe::SumOrder& order) {
  constexpr std::size_t kDigits = 12;
  std::string text = order.lanes == 0   ? "no common number of accumulators"
                     : order.lanes == 1 ? "one accumulator"
                                        : std::to_string(order.lanes) + " accumulators";
  const Way* way = find_way(order);
  if (way == nullptr) return text + ", order " + core::format(order.tree).substr(0, kDigits);
  return order.lanes == 1 ? text : text + way->words;
}

/// "one block", or "blocks of 3 x 448, then 2 x 352".
std::string words_for_blocks(const std::vector<int>& blocks) {
  if (blocks.size() == 1) return "one block";
  std::string text = "blocks of ";
  for (std::size_t begin = 0; begin < blocks.size();) {
    std::size_t end = begin;
    while (end < blocks.size() && blocks[end] == blocks[begin]) ++end;
    if (begin > 0) text += ", then ";
    if (end - begin > 1) text += std::to_string(end - begin) + " x ";
    text += std::to_string(blocks[begin]);
    begin = end;
  }
  return text;
}

}  // namespace

void describe_tree(const SumTree& tree, probe::SumOrder& order) {
  const Lanes lanes(tree);
  const auto set = [&](const std::vector<Block>& blocks) {
    order.blocks.clear();
    for (const Block& block : blocks) order.blocks.push_back(block.end - block.first);
    order.lanes = count_lanes(lanes, blocks);
  };
  order.K = tree.K;
  order.fused = std::ranges::any_of(tree.additions, &Addition::fused);
  order.tree = digest(tree);
  const std::vector<Block> blocks = find_blocks(tree);
  set(blocks);
  if (find_way(order) != nullptr) return;
  const probe::SumOrder whole = order;
  set(cut_where_accumulators_begin(lanes, blocks));
  order.lanes = order.lanes == 0 ? lanes.stride(blocks.front()) : order.lanes;
  if (find_way(order) == nullptr) order = whole;
}

std::string words(const probe::SumOrder& order) {
  return "K = " + std::to_string(order.K) + " in " + words_for_blocks(order.blocks) + "; " + words_for_lanes(order) +
         "; " + (order.fused ? "fused" : "not fused");
}

}  // namespace envlock::blas
