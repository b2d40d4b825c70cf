#include "operand_bits.h"

#include <algorithm>
#include <cmath>

#include "operands.h"

namespace envlock::blas {
namespace {

constexpr int kBits = 23;

/// Leading elements that came through a product with ones as they were.
int kept(const Product& product, const Shape& shape, bool second) {
  Operands operands(shape, 0);
  std::fill_n(operands.a.data(), operands.a.size(), 0.0f);
  std::fill_n(operands.b.data(), operands.b.size(), 0.0f);
  const kernels::Gemm gemm = operands.gemm();
  // Of the inner dimension only k = 0 counts: c(i,j) = a(i,0) b(0,j).
  float* const a = operands.a.data();
  float* const b = operands.b.data();
  const auto value = [](int bit) { return bit < kBits ? 1 + std::ldexp(1.0f, -1 - bit) : 1.0f; };
  for (int i = 0; i < shape.M; ++i) a[static_cast<std::ptrdiff_t>(i) * gemm.lda] = second ? 1 : value(i);
  for (int j = 0; j < shape.N; ++j) b[j] = second ? value(j) : 1;
  product(gemm);
  for (int bit = 0; bit < kBits; ++bit) {
    const float have = second ? gemm.c[bit] : gemm.c[static_cast<std::ptrdiff_t>(bit) * gemm.ldc];
    if (have != value(bit)) return bit;
  }
  return kBits;
}

}  // namespace

int operand_bits(const Product& product) {
  int bits = kBits;
  for (const Shape& shape : {Shape{kernels::GemmForm::nn, 64, 64, 64}, Shape{kernels::GemmForm::nn, 512, 512, 512}}) {
    for (const bool second : {false, true}) bits = std::min(bits, kept(product, shape, second));
  }
  return bits;
}

}  // namespace envlock::blas
