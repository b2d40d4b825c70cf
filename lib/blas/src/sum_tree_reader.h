// Reads which products are added up with which, without regard to rounding.
#pragma once

#include <optional>

#include "masked_products.h"
#include "sum_tree.h"

namespace envlock::blas {

/// The tree of additions, none of them marked as fused. Nothing when the answers fit no tree of two-term additions, or
/// the budget is spent.
std::optional<SumTree> read_tree(MaskedProducts& products, int K);

}  // namespace envlock::blas
