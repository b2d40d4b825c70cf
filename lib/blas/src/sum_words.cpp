#include "sum_words.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "sum_blocks.h"

namespace envlock::blas {
namespace {

/// How the accumulators of a block are added up when it ends.
enum class Joining { in_turn, halves, pairs };

/// What the numbers of an order leave open.
struct Way {
  Joining joining = Joining::in_turn;
  /// The first accumulator of a block begins with the sum so far, if the block before was as long.
  bool carried = false;
  /// Products are dealt out in rounds of so many; those beyond the last whole round all go to the first accumulator.
  /// 0: every product has its turn.
  int round = 0;
};

bool power_of_two(int n) {
  return n > 0 && (n & (n - 1)) == 0;
}

/// How many products of a block are dealt out in turn.
int dealt_out(int size, const Way& way) {
  return way.round == 0 ? size : size / way.round * way.round;
}

/// Whether the numbers of an order describe a tree at all, in this way.
bool makes_sense(const probe::SumOrder& order, const Way& way) {
  const auto fits = [&](int size) {
    const int sums = std::min(order.lanes, std::max(1, dealt_out(size, way)));
    return size > 0 && (way.joining == Joining::in_turn || power_of_two(sums));
  };
  return std::ranges::all_of(order.blocks, fits) &&
         std::accumulate(order.blocks.begin(), order.blocks.end(), std::int64_t{0}) == order.K;
}

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

/// The sum of one block, which begins with `before` where that is a term.
int add_block(const probe::SumOrder& order, const Way& way, const Block& block, int before, SumTree& tree) {
  const int turns_end = block.first + dealt_out(block.size(), way);
  const auto lanes = static_cast<std::size_t>(order.lanes);
  std::vector<int> sums;
  for (int k = block.first; k < block.end; ++k) {
    const std::size_t lane = k < turns_end ? static_cast<std::size_t>(k - block.first) % lanes : 0;
    if (lane < sums.size()) {
      sums[lane] = tree.add(sums[lane], k, order.fused);
    } else {
      sums.push_back(lane == 0 && before >= 0 ? tree.add(before, k, order.fused) : k);
    }
  }
  return join(std::move(sums), way.joining, tree);
}

/// The tree of an order that makes sense.
SumTree make_tree(const probe::SumOrder& order, const Way& way) {
  SumTree tree{order.K};
  int sum = -1;
  Block block;
  for (const int size : order.blocks) {
    const bool carried = way.carried && size == block.size();
    block = {block.end, block.end + size};
    const int block_sum = add_block(order, way, block, carried ? sum : -1, tree);
    sum = sum < 0 || carried ? block_sum : tree.add(sum, block_sum);
  }
  return tree;
}

/// The way whose tree is the order's: the plainest of them.
std::optional<Way> find_way(const probe::SumOrder& order) {
  constexpr int kMostProducts = 1 << 16;  // an order may come from a document, and promise anything
  if (order.K > kMostProducts || order.lanes < 1 || order.lanes > order.K) return std::nullopt;
  for (const int turns : {0, 1, 2, 4, 8}) {
    for (const bool carried : {false, true}) {
      for (const Joining joining : {Joining::in_turn, Joining::halves, Joining::pairs}) {
        const Way way{joining, carried, turns * order.lanes};
        if (makes_sense(order, way) && digest(make_tree(order, way)) == order.tree) return way;
        if (order.lanes == 1) return std::nullopt;
      }
    }
  }
  return std::nullopt;
}

std::string words_for_way(const Way& way) {
  std::string text;
  if (way.carried) text += ", the first going on from block to block";
  if (way.round > 0) text += ", what is over from rounds of " + std::to_string(way.round) + " in the first";
  switch (way.joining) {
    case Joining::in_turn:
      return text + ", added in turn";
    case Joining::halves:
      return text + ", added by halves";
    case Joining::pairs:
      return text + ", added in pairs";
  }
  return text;
}

std::string words_for_lanes(const probe::SumOrder& order) {
  constexpr std::size_t kDigits = 12;
  const std::string text = order.lanes == 0   ? "no common number of accumulators"
                           : order.lanes == 1 ? "one accumulator"
                                              : std::to_string(order.lanes) + " accumulators";
  const std::optional<Way> way = find_way(order);
  if (!way) return text + ", order " + core::format(order.tree).substr(0, kDigits);
  return order.lanes == 1 ? text : text + words_for_way(*way);
}

/// "one block", or "blocks of 3 x 448, then 2 x 352".
std::string words_for_blocks(const std::vector<int>& blocks) {
  if (blocks.empty()) return "no blocks";
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

void set(probe::SumOrder& order, const Blocks& found) {
  order.blocks.clear();
  for (const Block& block : found.blocks) order.blocks.push_back(block.size());
  order.lanes = found.lanes;
}

}  // namespace

void describe_tree(const SumTree& tree, probe::SumOrder& order) {
  order.K = tree.K;
  order.fused = std::ranges::any_of(tree.additions, &Addition::fused);
  order.tree = digest(tree);
  set(order, find_blocks(tree));
  if (find_way(order)) return;
  probe::SumOrder carried = order;
  set(carried, find_carried_blocks(tree));
  if (find_way(carried)) order = carried;
}

std::string words(const probe::SumOrder& order) {
  return "K = " + std::to_string(order.K) + " in " + words_for_blocks(order.blocks) + "; " + words_for_lanes(order) +
         "; " + (order.fused ? "fused" : "not fused");
}

}  // namespace envlock::blas
