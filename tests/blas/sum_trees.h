// Orders of summation made by hand, and matrix products that add up in them. Written without a look at the reader: it
// has its own way to hold a tree, to add it up and to write it down.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "envlock/blas/sum_order.h"
#include "envlock/core/digest.h"

namespace envlock::blas_test {

struct Node;
using Term = std::shared_ptr<const Node>;

/// The product of one k, or the sum of two terms; `fused` adds the right one, a product, unrounded.
struct Node {
  int k = -1;
  Term left;
  Term right;
  bool fused = false;
  int first = 0;
};

inline Term product_of(int k) {
  return std::make_shared<Node>(Node{k, nullptr, nullptr, false, k});
}
inline Term sum_of(const Term& left, const Term& right, bool fused = false) {
  return std::make_shared<Node>(Node{-1, left, right, fused, std::min(left->first, right->first)});
}

inline float add_up(const Node& node, const float* a, const float* b) {
  if (node.k >= 0) return a[node.k] * b[node.k];
  const float left = add_up(*node.left, a, b);
  return node.fused ? std::fma(a[node.right->k], b[node.right->k], left) : left + add_up(*node.right, a, b);
}

inline std::string text_of(const Node& node) {
  if (node.k >= 0) return std::to_string(node.k);
  const bool turned = !node.fused && node.right->first < node.left->first;
  const Node& x = turned ? *node.right : *node.left;
  const Node& y = turned ? *node.left : *node.right;
  return "(" + text_of(x) + (node.fused ? "*" : "+") + text_of(y) + ")";
}

inline core::Sha256 digest_of(const Node& node) {
  return core::sha256("sum-order/1 " + text_of(node));
}

/// Each k added to what is there, in the order given.
inline Term chain(const std::vector<int>& ks, bool fused) {
  Term sum = product_of(ks.front());
  for (std::size_t n = 1; n < ks.size(); ++n) sum = sum_of(sum, product_of(ks[n]), fused);
  return sum;
}

/// first, first + step, ... below end.
inline std::vector<int> range(int first, int end, int step = 1) {
  std::vector<int> ks;
  for (int k = first; k < end; k += step) ks.push_back(k);
  return ks;
}

inline Term in_turn(const std::vector<Term>& terms) {
  Term sum = terms.front();
  for (std::size_t n = 1; n < terms.size(); ++n) sum = sum_of(sum, terms[n]);
  return sum;
}

/// The terms of the second half are added to those of the first, until one is left.
inline Term by_halves(std::vector<Term> terms) {
  while (terms.size() > 1) {
    const std::size_t half = terms.size() / 2;
    for (std::size_t n = 0; n < half; ++n) terms[n] = sum_of(terms[n], terms[n + half]);
    terms.resize(half);
  }
  return terms.front();
}

/// Neighbours are added, until one term is left.
inline Term in_pairs(std::vector<Term> terms) {
  while (terms.size() > 1) {
    for (std::size_t n = 0; n < terms.size() / 2; ++n) terms[n] = sum_of(terms[2 * n], terms[2 * n + 1]);
    terms.resize(terms.size() / 2);
  }
  return terms.front();
}

/// k of [first, end) dealt out to so many chains.
inline std::vector<Term> lanes(int first, int end, int count, bool fused) {
  std::vector<Term> chains;
  for (int lane = 0; lane < count; ++lane) chains.push_back(chain(range(first + lane, end, count), fused));
  return chains;
}

/// Any tree over these k: cut in two at random, again and again.
inline Term random_tree(std::vector<int> ks, std::mt19937& random, bool fused) {
  if (ks.size() == 1) return product_of(ks.front());
  std::shuffle(ks.begin(), ks.end(), random);
  const std::size_t cut = random() % 3 == 0 ? 1 + random() % (ks.size() - 1) : ks.size() - 1;
  const auto middle = ks.begin() + static_cast<std::ptrdiff_t>(cut);
  const Term left = random_tree({ks.begin(), middle}, random, fused);
  const Term right = random_tree({middle, ks.end()}, random, fused);
  return sum_of(left, right, fused && right->k >= 0 && random() % 4 != 0);
}

/// What one element of c is, of a row of a, a column of b, and K.
using Element = std::function<float(const float* a, const float* b, int K, int row, int column)>;

inline blas::Product product_by(Element element) {
  return [element = std::move(element)](const kernels::Gemm& gemm) {
    std::vector<float> row(static_cast<std::size_t>(gemm.K));
    std::vector<float> column(static_cast<std::size_t>(gemm.K));
    const bool a_turned = gemm.form == kernels::GemmForm::tn;
    const bool b_turned = gemm.form == kernels::GemmForm::nt;
    for (int m = 0; m < gemm.M; ++m) {
      for (int k = 0; k < gemm.K; ++k)
        row[static_cast<std::size_t>(k)] = a_turned ? gemm.a[k * gemm.lda + m] : gemm.a[m * gemm.lda + k];
      for (int n = 0; n < gemm.N; ++n) {
        for (int k = 0; k < gemm.K; ++k)
          column[static_cast<std::size_t>(k)] = b_turned ? gemm.b[n * gemm.ldb + k] : gemm.b[k * gemm.ldb + n];
        gemm.c[m * gemm.ldc + n] = element(row.data(), column.data(), gemm.K, m, n);
      }
    }
  };
}

inline blas::Product product_by(const Term& tree) {
  return product_by([tree](const float* a, const float* b, int, int, int) { return add_up(*tree, a, b); });
}

}  // namespace envlock::blas_test
