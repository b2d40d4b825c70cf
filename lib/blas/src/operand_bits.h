#pragma once

#include "envlock/blas/sum_order.h"

namespace envlock::blas {

/// How many of the 23 bits behind an operand's leading one a product keeps: 23 of float32, 10 of TF32, 7 of bfloat16.
/// Asked with operands 1 + 2^-j, one in each row, in the two places, for a small and a large product.
int operand_bits(const Product& product);

}  // namespace envlock::blas
