// The order in which a matrix product adds up its K products, read from its results alone.
#pragma once

#include <functional>

#include "envlock/kernels/gemm.h"
#include "envlock/probe/tier_run.h"

namespace envlock::blas {

/// A matrix product of somebody's: c = a b, as kernels::Gemm describes it.
using Product = std::function<void(const kernels::Gemm&)>;

struct SumOrderOptions {
  int K = 2048;
  /// The shape of the products. Libraries have other code for small, thin and large ones, which may add up otherwise.
  int M = 256;
  int N = 32;
  kernels::GemmForm form = kernels::GemmForm::nn;  ///< nn or nt
  int most_products = 600;  ///< gives up, with an order that is not `replayed`, after so many calls
  double most_seconds = 2;
};

/// Reads the order from products with masked operands, then adds up random data in that order and looks whether the
/// bits are the library's. Where they are not, `replayed` is false and the rest must not be told to anybody.
/// Source: FPRev, arXiv 2411.00442: with +M at one k, -M at another and ones elsewhere, the result counts the ones that
/// are added after the two have met.
probe::SumOrder read_sum_order(const Product& product, const SumOrderOptions& options);

/// "K in blocks of 448, then 326, 326; one accumulator each; fused". For people and for comparing.
std::string describe(const probe::SumOrder& order);

}  // namespace envlock::blas
