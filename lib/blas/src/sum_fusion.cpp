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

/// Some product under a term.
int product_under(const SumTree& tree, int term) {
  while (!tree.is_product(term)) term = tree.at(term).left;
  return term;
}

}  // namespace

bool read_fusion(MaskedProducts& products, SumTree& tree) {
  std::vector<Addition*> asked;
  std::vector<Question> questions;
  for (Addition& addition : tree.additions) {
    if (tree.is_product(addition.left) && !tree.is_product(addition.right)) std::swap(addition.left, addition.right);
    if (!tree.is_product(addition.right)) continue;
    asked.push_back(&addition);
    questions.push_back({product_under(tree, addition.left), kPlus, addition.right, kMinus});
  }
  const auto answers = products.ask(questions, 0.0f, kB);
  if (!answers) return false;
  const Sums sums;
  for (std::size_t q = 0; q < asked.size(); ++q) {
    Addition& addition = *asked[q];
    const float answer = (*answers)[q];
    if (answer == sums.plus_fused && tree.is_product(addition.left)) {
      std::swap(addition.left, addition.right);
    } else if (answer != sums.rounded && answer != sums.minus_fused) {
      return false;
    }
    addition.fused = answer != sums.rounded;
  }
  return true;
}

}  // namespace envlock::blas
