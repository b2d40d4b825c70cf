// How K products are added up, two terms at a time: the value that reading an order of sums is about.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "envlock/core/digest.h"

namespace envlock::blas {

/// One addition of two terms. Terms are numbered: 0 .. K-1 are the products of that k, K + n is addition n.
struct Addition {
  int left = 0;
  int right = 0;
  bool fused = false;  ///< right is a product, and is added without having been rounded

  bool operator==(const Addition&) const = default;
};

/// K - 1 additions, each after those whose results it takes; every term but the last is taken once.
struct SumTree {
  int K = 0;
  std::vector<Addition> additions;

  bool is_product(int term) const { return term < K; }
  const Addition& at(int term) const { return additions[static_cast<std::size_t>(term - K)]; }
  int last() const { return K + static_cast<int>(additions.size()) - 1; }
  /// Adds an addition and returns its number.
  int add(int left, int right, bool fused = false) {
    additions.push_back({left, right, fused});
    return last();
  }
};

/// Which k lie under a term.
struct Extent {
  int first = 0;
  int end = 0;  ///< one past the last
  int count = 0;

  bool contiguous() const { return end - first == count; }
};
/// Of every term, products included.
std::vector<Extent> extents(const SumTree& tree);

/// The tree as text. A product is its k; (x+y) adds two rounded terms, that with the least k first; (x*k) adds the
/// unrounded product k to x. Addition commutes, so two trees have one text exactly if they give the same bits for the
/// same reason.
std::string canonical_text(const SumTree& tree);
/// SHA-256 of "sum-order/1 " and the canonical text.
core::Sha256 digest(const SumTree& tree);

/// The sum of a[k] b[k] in float32, in the order of the tree.
float evaluate(const SumTree& tree, std::span<const float> a, std::span<const float> b);

}  // namespace envlock::blas
