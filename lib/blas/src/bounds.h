// Wrong is told from different: no order of summation leaves these bounds.
#pragma once

#include <optional>
#include <vector>

#include "envlock/kernels/gemm.h"
#include "envlock/probe/tier_run.h"

namespace envlock::blas {

/// Our own product, one ascending chain for each output, computed on the calling thread.
class Reference {
 public:
  /// `operand_error`: how far, relatively, another's product may take each operand from what it is.
  explicit Reference(double operand_error = 0);
  /// gemm.c = a b.
  void operator()(const kernels::Gemm& gemm);
  double operand_error() const { return operand_error_; }

 private:
  double operand_error_;
  kernels::GemmFunctions functions_;
  std::vector<float> workspace_;
};

/// What is wrong with `have`, a product of gemm's operands; gemm.c is not looked at. `exact`: the operands are such
/// integers that every partial sum is exact, so the bits must be the reference's (either zero will do). Else
/// |have - reference| <= 2 gamma_K (|a| |b|) + K 2^-126, element by element, with gamma_K = K u / (1 - K u), u = 2^-24;
/// with operands that may be off by e, as much again as 2 e + e^2 of |a| |b|.
/// `place` is for the answer. Shapes: have (M,N), rows gemm.ldc apart.
std::optional<probe::WrongResult> find_wrong(Reference& reference, const kernels::Gemm& gemm, const float* have,
                                             bool exact, const probe::Place& place);

}  // namespace envlock::blas
