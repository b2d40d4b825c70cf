// The numbers that the battery multiplies. Source: docs/probe-tiers.md, "Data".
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "envlock/blas/shapes.h"
#include "envlock/core/digest.h"

namespace envlock::blas {

/// Floats that begin `shift` bytes after a multiple of 4096.
class Floats {
 public:
  explicit Floats(std::size_t count, std::size_t shift = 0);
  float* data() { return data_; }
  const float* data() const { return data_; }
  std::size_t size() const { return count_; }
  std::span<const std::uint32_t> words() const;

 private:
  struct Free {
    void operator()(void* memory) const;
  };
  std::unique_ptr<void, Free> memory_;
  float* data_ = nullptr;
  std::size_t count_ = 0;
};

/// element i of operand `number`: ((w >> 8) - 2^23) * 2^-23, in [-1, 1), w being word i % 4 of philox(i / 4, number,
/// 16).
void fill_uniform(Floats& floats, std::uint32_t number);
/// element i of operand `number`: w % 17 - 8, an integer in [-8, 8], w as above but of stream 17. Products of K of them
/// stay below 2^24 up to K = 2^18: exact in any order.
void fill_integers(Floats& floats, std::uint32_t number);

/// The three matrices of a product, numbered 2 * index and 2 * index + 1.
struct Operands {
  Shape shape;
  Floats a, b, c;

  Operands(const Shape& of, std::size_t shift)
      : shape(of),
        a(static_cast<std::size_t>(of.M) * static_cast<std::size_t>(of.K), shift),
        b(static_cast<std::size_t>(of.K) * static_cast<std::size_t>(of.N), shift),
        c(static_cast<std::size_t>(of.M) * static_cast<std::size_t>(of.N), shift) {}

  kernels::Gemm gemm() {
    const bool a_transposed = shape.form == kernels::GemmForm::tn;
    const bool b_transposed = shape.form == kernels::GemmForm::nt;
    return {shape.form, shape.M,
            shape.N,    shape.K,
            a.data(),   a_transposed ? shape.M : shape.K,
            b.data(),   b_transposed ? shape.K : shape.N,
            c.data(),   shape.N};
  }
};

/// The root of a float tensor.
core::Sha256 digest_of(std::span<const std::uint32_t> words);

}  // namespace envlock::blas
