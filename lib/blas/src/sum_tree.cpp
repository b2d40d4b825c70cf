#include "sum_tree.h"

#include <algorithm>
#include <cmath>

namespace envlock::blas {

std::vector<Extent> extents(const SumTree& tree) {
  std::vector<Extent> of_term;
  of_term.reserve(2 * static_cast<std::size_t>(tree.K));
  for (int k = 0; k < tree.K; ++k) of_term.push_back({k, k + 1, 1});
  for (const Addition& addition : tree.additions) {
    const Extent& left = of_term[static_cast<std::size_t>(addition.left)];
    const Extent& right = of_term[static_cast<std::size_t>(addition.right)];
    of_term.push_back({std::min(left.first, right.first), std::max(left.end, right.end), left.count + right.count});
  }
  return of_term;
}

std::string canonical_text(const SumTree& tree) {
  if (tree.K == 0) return "";
  const std::vector<Extent> of_term = extents(tree);
  // A chain of thousands of additions is as deep as it is long: a stack of our own instead of recursion. What is
  // pushed last is written first; a sign stands for itself, as a negative number.
  std::string text;
  std::vector<int> stack = {tree.last()};
  while (!stack.empty()) {
    const int next = stack.back();
    stack.pop_back();
    if (next < 0) {
      text += static_cast<char>(-next);
    } else if (tree.is_product(next)) {
      text += std::to_string(next);
    } else {
      const Addition& addition = tree.at(next);
      const auto first_k = [&](int term) { return of_term[static_cast<std::size_t>(term)].first; };
      const bool swap = !addition.fused && first_k(addition.right) < first_k(addition.left);
      text += '(';
      stack.push_back(-')');
      stack.push_back(swap ? addition.left : addition.right);
      stack.push_back(addition.fused ? -'*' : -'+');
      stack.push_back(swap ? addition.right : addition.left);
    }
  }
  return text;
}

core::Sha256 digest(const SumTree& tree) {
  return core::sha256("sum-order/1 " + canonical_text(tree));
}

float evaluate(const SumTree& tree, std::span<const float> a, std::span<const float> b) {
  std::vector<float> values;
  values.reserve(2 * static_cast<std::size_t>(tree.K));
  for (std::size_t k = 0; k < static_cast<std::size_t>(tree.K); ++k) values.push_back(a[k] * b[k]);
  for (const Addition& addition : tree.additions) {
    const auto left = static_cast<std::size_t>(addition.left);
    const auto right = static_cast<std::size_t>(addition.right);
    values.push_back(addition.fused ? std::fma(a[right], b[right], values[left]) : values[left] + values[right]);
  }
  return values.empty() ? 0.0f : values.back();
}

}  // namespace envlock::blas
