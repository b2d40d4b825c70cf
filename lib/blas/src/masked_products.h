// Asks a matrix product questions about how it adds up, one question a row.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <vector>

#include "envlock/blas/sum_order.h"

namespace envlock::blas {

/// Floats from an address that is a multiple of 64, as libraries like them.
class AlignedFloats {
 public:
  AlignedFloats(int rows, int columns);
  float* row(int r) { return data_.get() + static_cast<std::ptrdiff_t>(r) * columns_; }
  const float* row(int r) const { return data_.get() + static_cast<std::ptrdiff_t>(r) * columns_; }
  std::span<float> all() { return {data_.get(), size_}; }
  int columns() const { return columns_; }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(float* p) const { ::operator delete[](p, kAlignment); }
  };
  int columns_;
  std::size_t size_;
  std::unique_ptr<float[], Free> data_;
};

/// A row of the left operand: `base` everywhere but in two places.
struct Question {
  int i = 0;
  float at_i = 0;
  int j = 0;
  float at_j = 0;
};

/// Products of one shape, within a budget. Every function returns nothing when the budget is spent, or when the product
/// answers one question in two ways.
class MaskedProducts {
 public:
  MaskedProducts(const Product& product, const SumOrderOptions& options);

  /// Finds the elements of c that are computed alike: all rows, and all columns, of the operands are the same. Asked
  /// before all else; the other functions look at these elements alone. (At the edges of c, a library may use other
  /// code.)
  bool find_like_elements();

  /// One answer a question: the element of a b with `base` in the rest of the row, and a b that is `b_value`
  /// throughout.
  std::optional<std::vector<float>> ask(std::span<const Question> questions, float base, float b_value);

  /// The operands, filled with random numbers of either sign between 2^-8 and 2^8, and their product.
  struct RandomProduct {
    const AlignedFloats& a;
    const AlignedFloats& b_transposed;
    const AlignedFloats& c;
  };
  std::optional<RandomProduct> random(std::uint32_t seed);

  const std::vector<int>& rows() const { return rows_; }
  const std::vector<int>& columns() const { return columns_; }

 private:
  bool multiply();
  bool multiply_alike(std::uint32_t seed);
  bool read_answers(std::size_t count, std::vector<float>& answers) const;

  const Product& product_;
  SumOrderOptions options_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  int products_ = 0;
  AlignedFloats a_;
  AlignedFloats b_;
  AlignedFloats b_transposed_;
  AlignedFloats c_;
  std::vector<int> rows_;     ///< of the like elements
  std::vector<int> columns_;  ///< of the like elements
};

}  // namespace envlock::blas
