#include "sum_fusion.h"

#include <cmath>
#include <utility>
#include <vector>

namespace envlock::blas {
namespace {

// Two products that nearly cancel, so that what rounding took from either is seen in their sum.
constexpr float kB = 0x1.001p0f;
constexpr float kPlus = 0x1.234568p0f;
constexpr float kMinus = -0x1.23457p0f;

struct Sums {
  float rounded = kPlus * kB + kMinus * kB;
  float minus_fused = std::fma(kMinus, kB, kPlus* kB);
  float plus_fused = std::fma(kPlus, kB, kMinus* kB);
};

/// What is asked about one addition: `plus` stands in its left term, `minus` is its right one.
struct Asked {
  int addition = 0;
  bool pair = false;
};

/// Some product under a term.
int product_under(const SumTree& tree, int term) {
  while (!tree.is_product(term)) term = tree.at(term).left;
  return term;
}

}  // namespace

bool read_fusion(MaskedProducts& products, FusionReading reading, SumTree& tree) {
  std::vector<Asked> asked;
  std::vector<Question> questions;
  for (std::size_t n = 0; n < tree.additions.size(); ++n) {
    Addition& addition = tree.additions[n];
    addition.fused = false;
    if (tree.is_product(addition.left) && !tree.is_product(addition.right)) std::swap(addition.left, addition.right);
    if (!tree.is_product(addition.right)) continue;
    const bool pair = tree.is_product(addition.left);
    if (!pair && reading == FusionReading::pairs) continue;
    asked.push_back({static_cast<int>(n), pair});
    questions.push_back({product_under(tree, addition.left), kPlus, addition.right, kMinus});
  }
  const auto answers = products.ask(questions, 0.0f, kB);
  if (!answers) return false;

  const Sums sums;
  int fused_pairs = 0;
  for (std::size_t q = 0; q < asked.size(); ++q) {
    Addition& addition = tree.additions[static_cast<std::size_t>(asked[q].addition)];
    const float answer = (*answers)[q];
    if (answer == sums.plus_fused && asked[q].pair) {
      std::swap(addition.left, addition.right);
    } else if (answer != sums.rounded && answer != sums.minus_fused) {
      return false;
    }
    addition.fused = answer != sums.rounded;
    fused_pairs += asked[q].pair && addition.fused ? 1 : 0;
  }
  if (reading == FusionReading::every_product || 2 * fused_pairs <= static_cast<int>(asked.size())) return true;
  for (Addition& addition : tree.additions)
    if (tree.is_product(addition.right)) addition.fused = addition.fused || !tree.is_product(addition.left);
  return true;
}

}  // namespace envlock::blas
