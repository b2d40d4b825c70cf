// Reads which products are added without having been rounded (fma).
#pragma once

#include "masked_products.h"
#include "sum_tree.h"

namespace envlock::blas {

enum class FusionReading {
  pairs,         ///< asks where two products meet; the others are taken to be like the majority
  every_product  ///< asks wherever a product meets anything
};

/// Marks the fused additions of the tree. False when an answer is none that float32 can give, or the budget is spent.
/// Where two products meet, either may be the rounded one: which it is, is read too.
bool read_fusion(MaskedProducts& products, FusionReading reading, SumTree& tree);

}  // namespace envlock::blas
