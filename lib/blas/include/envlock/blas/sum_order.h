// The order in which a matrix product adds up its K products, read from its results alone.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "envlock/kernels/gemm.h"
#include "envlock/probe/tier_run.h"

namespace envlock::blas {

/// A matrix product of somebody's: c = a b, as kernels::Gemm describes it.
using Product = std::function<void(const kernels::Gemm&)>;

struct SumOrderOptions {
  int K = 2048;
  /// The shape of the products. Libraries have other code for small, thin and large ones, which may add up otherwise.
  int M = 256;
  int N = 48;
  kernels::GemmForm form = kernels::GemmForm::nn;
  int most_products = 20000;  ///< gives up, with an order that is not `replayed`, after so many calls
  double most_seconds = 2;
};

/// Reads the order from products with masked operands, then adds up random data in that order and looks whether the
/// bits are the library's. Where they are not, `replayed` is false and the rest is empty.
/// A library may compute the elements at the edges of c in another order than the rest: this is the order of most.
/// Source: FPRev, arXiv 2411.00442: with +M at one k, -M at another and ones elsewhere, the result counts the ones that
/// are added after the two have met. How, and what it cannot tell: docs/probe-tiers.md, "Order of sums".
probe::SumOrder read_sum_order(const Product& product, const SumOrderOptions& options);

/// The orders of all elements of such a product, that of the most elements first; at least one, and at most four.
std::vector<probe::SumOrder> read_sum_orders(const Product& product, const SumOrderOptions& options);

/// "K = 2048 in blocks of 3 x 448, then 2 x 352; one accumulator; fused". Of two different orders the lines differ; of
/// an order that is not replayed it is "not read".
std::string describe(const probe::SumOrder& order);

}  // namespace envlock::blas
