#pragma once

#include <string>
#include <vector>

#include "envlock/kernels/gemm.h"

namespace envlock::blas {

/// A product c (M,N) of operands whose inner dimension is K.
struct Shape {
  kernels::GemmForm form = kernels::GemmForm::nn;
  int M = 0;
  int N = 0;
  int K = 0;
};

/// The shapes of the battery: small ones, long ones whose K passes every library's block, thin ones, odd ones. A tiny
/// model alone meets only a few of a library's kernels.
/// Source: docs/probe-tiers.md, "Battery".
const std::vector<Shape>& battery_shapes();

/// "gemm.nn.64x64x320".
std::string name_of(const Shape& shape);

}  // namespace envlock::blas
