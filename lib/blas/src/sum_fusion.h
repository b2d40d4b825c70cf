// Reads which products are added without having been rounded (fma).
#pragma once

#include "masked_products.h"
#include "sum_tree.h"

namespace envlock::blas {

/// Marks the fused additions of the tree: asks wherever a product is added to anything. False when an answer is none
/// that float32 can give, or the budget is spent. Where two products meet, either may be the rounded one: which it is,
/// is read too.
bool read_fusion(MaskedProducts& products, SumTree& tree);

}  // namespace envlock::blas
