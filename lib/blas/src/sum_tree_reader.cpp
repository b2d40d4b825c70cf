#include "sum_tree_reader.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace envlock::blas {
namespace {

/// Swallows every sum of ones it meets (up to 2^36), and its square is finite.
constexpr float kMask = 0x1p60f;

/// Products whose sum is a term of the tree. Seen from one of them, the pivot, the others fall into parts: those that
/// meet it first, those that meet it next, and so on; each part is such a group again.
struct Group {
  std::vector<int> members;  ///< ascending
  int pivot = 0;
  std::vector<std::size_t> parts;  ///< groups, in the order in which they meet the pivot
};

class TreeReader {
 public:
  TreeReader(MaskedProducts& products, int K) : products_(products), K_(K) {}

  std::optional<SumTree> read() {
    std::vector<int> all(static_cast<std::size_t>(K_));
    std::iota(all.begin(), all.end(), 0);
    groups_.push_back({std::move(all)});
    std::vector<std::size_t> open = {0};
    for (int level = 0; !open.empty(); ++level) {
      std::vector<std::size_t> next;
      if (!split(open, level, next)) return std::nullopt;
      open = std::move(next);
    }
    SumTree tree{K_};
    sum_of(0, tree);
    return tree;
  }

 private:
  /// Splits all groups of one level, with one question for each of their products.
  bool split(const std::vector<std::size_t>& open, int level, std::vector<std::size_t>& next) {
    std::vector<Question> questions;
    for (const std::size_t g : open) {
      Group& group = groups_[g];
      group.pivot = choose_pivot(group.members, level);
      for (const int k : group.members)
        if (k != group.pivot) questions.push_back({group.pivot, kMask, k, -kMask});
    }
    const auto answers = products_.ask(questions, 1.0f, 1.0f);
    if (!answers) return false;
    std::size_t answer = 0;
    for (const std::size_t g : open) {
      const std::size_t count = groups_[g].members.size() - 1;
      if (!split_group(g, {answers->data() + answer, count}, next)) return false;
      answer += count;
    }
    return true;
  }

  /// Ascending chains, alone or side by side, fall apart at once when seen from their first product. Should that not
  /// help, a product at random halves what is left, on average, whatever the tree.
  int choose_pivot(const std::vector<int>& members, int level) {
    constexpr int kLevelsFromTheFirst = 4;
    if (level < kLevelsFromTheFirst) return members.front();
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return members[static_cast<std::size_t>((state_ >> 33) % members.size())];
  }

  /// The answer for k says how many products were added after k and the pivot had met: the ones before were swallowed.
  bool split_group(std::size_t g, std::span<const float> answers, std::vector<std::size_t>& next) {
    std::vector<std::pair<int, int>> met;  // how many products lie under the addition where k meets the pivot; k
    for (const int k : groups_[g].members) {
      if (k == groups_[g].pivot) continue;
      const float after = answers[met.size()];
      if (!(after >= 0 && after <= static_cast<float>(K_ - 2))) return false;
      const int rest = static_cast<int>(after);
      if (static_cast<float>(rest) != after) return false;
      met.emplace_back(K_ - rest, k);
    }
    std::ranges::sort(met);
    int gathered = 1;
    for (std::size_t begin = 0; begin < met.size();) {
      Group part;
      std::size_t end = begin;
      for (; end < met.size() && met[end].first == met[begin].first; ++end) part.members.push_back(met[end].second);
      // An addition of two terms holds what was gathered and this part, and nothing else.
      gathered += static_cast<int>(end - begin);
      if (met[begin].first != gathered) return false;
      part.pivot = part.members.front();
      if (part.members.size() > 1) next.push_back(groups_.size());
      groups_[g].parts.push_back(groups_.size());
      groups_.push_back(std::move(part));
      begin = end;
    }
    return true;
  }

  /// As deep as there were levels, which the budget bounds.
  int sum_of(std::size_t g, SumTree& tree) const {
    int sum = groups_[g].pivot;
    for (const std::size_t part : groups_[g].parts) {
      const int term = sum_of(part, tree);
      sum = tree.add(sum, term);
    }
    return sum;
  }

  MaskedProducts& products_;
  int K_;
  std::vector<Group> groups_;
  std::uint64_t state_ = 1;
};

}  // namespace

std::optional<SumTree> read_tree(MaskedProducts& products, int K) {
  return TreeReader(products, K).read();
}

}  // namespace envlock::blas
