#include "bounds.h"

#include <bit>
#include <cmath>

#include "envlock/kernels/cpu_kernels.h"

namespace envlock::blas {
namespace {

/// A copy of an operand's rows, densely, with each element's absolute value.
std::vector<float> absolute(const float* matrix, int rows, int columns, int ld) {
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) values.push_back(std::fabs(matrix[static_cast<std::ptrdiff_t>(i) * ld + j]));
  }
  return values;
}

/// |a| |b| in single precision: each element within a factor 1 +- gamma_K of the true one.
std::vector<float> product_of_absolutes(Reference& reference, const kernels::Gemm& gemm) {
  const bool a_transposed = gemm.form == kernels::GemmForm::tn;
  const bool b_transposed = gemm.form == kernels::GemmForm::nt;
  const int a_rows = a_transposed ? gemm.K : gemm.M;
  const int a_columns = a_transposed ? gemm.M : gemm.K;
  const int b_rows = b_transposed ? gemm.N : gemm.K;
  const int b_columns = b_transposed ? gemm.K : gemm.N;
  const std::vector<float> a = absolute(gemm.a, a_rows, a_columns, gemm.lda);
  const std::vector<float> b = absolute(gemm.b, b_rows, b_columns, gemm.ldb);
  std::vector<float> c(static_cast<std::size_t>(gemm.M) * static_cast<std::size_t>(gemm.N));
  reference({gemm.form, gemm.M, gemm.N, gemm.K, a.data(), a_columns, b.data(), b_columns, c.data(), gemm.N});
  return c;
}

}  // namespace

Reference::Reference(double operand_error)
    : operand_error_(operand_error), functions_(kernels::usable_cpu_kernels().back()->gemm) {}

void Reference::operator()(const kernels::Gemm& gemm) {
  const std::size_t floats = functions_.workspace_floats(gemm, 1) + 64 / sizeof(float);
  if (workspace_.size() < floats) workspace_.resize(floats);
  const auto address = std::bit_cast<std::uintptr_t>(workspace_.data());
  functions_.run(gemm, 0, 1, workspace_.data() + (64 - address % 64) % 64 / sizeof(float));
}

std::optional<probe::WrongResult> find_wrong(Reference& reference, const kernels::Gemm& gemm, const float* have,
                                             bool exact, const probe::Place& place) {
  std::vector<float> want(static_cast<std::size_t>(gemm.M) * static_cast<std::size_t>(gemm.N));
  kernels::Gemm dense = gemm;
  dense.c = want.data();
  dense.ldc = gemm.N;
  reference(dense);
  const std::vector<float> size = exact ? std::vector<float>() : product_of_absolutes(reference, gemm);
  const double ku = gemm.K * 0x1p-24;
  const double gamma = ku / (1 - ku);
  const double operands = reference.operand_error() * (2 + reference.operand_error());
  // The computed |a||b| may be too small by a factor 1 - gamma.
  const double factor = (2 * gamma + operands * (1 + gamma)) / (1 - gamma);
  const double underflow = gemm.K * 0x1p-126;  // below it even flushing to zero is no wrong product

  probe::WrongResult wrong{.place = place, .exact = exact, .total = want.size()};
  double worst = 0;
  for (int i = 0; i < gemm.M; ++i) {
    for (int j = 0; j < gemm.N; ++j) {
      const auto at = static_cast<std::size_t>(i) * static_cast<std::size_t>(gemm.N) + static_cast<std::size_t>(j);
      const float value = have[static_cast<std::ptrdiff_t>(i) * gemm.ldc + j];
      const double error = std::fabs(static_cast<double>(value) - static_cast<double>(want[at]));
      const double bound = exact ? 0 : factor * static_cast<double>(size[at]) + underflow;
      if (error <= bound) continue;  // a NaN is not
      ++wrong.wrong;
      const double excess = std::isnan(error) ? HUGE_VAL : error - bound;
      if (wrong.wrong > 1 && excess <= worst) continue;
      worst = excess;
      wrong.index = {i, j};
      wrong.want_bits = std::bit_cast<std::uint32_t>(want[at]);
      wrong.have_bits = std::bit_cast<std::uint32_t>(value);
    }
  }
  if (wrong.wrong == 0) return std::nullopt;
  return wrong;
}

}  // namespace envlock::blas
