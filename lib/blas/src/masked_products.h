// Asks a matrix product questions about how it adds up, many with each product.
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
  explicit AlignedFloats(std::size_t count);
  float& operator[](std::size_t i) { return data_.get()[i]; }
  std::span<float> all() { return {data_.get(), count_}; }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(float* p) const { ::operator delete[](p, kAlignment); }
  };
  std::size_t count_;
  std::unique_ptr<float[], Free> data_;
};

/// An operand, as the vectors of K numbers that are multiplied: the rows of a, or the columns of b.
class Vectors {
 public:
  enum class Layout { one_after_another, side_by_side };
  Vectors(int count, int K, Layout layout);

  float& at(int vector, int k) {
    const bool side = layout_ == Layout::side_by_side;
    return floats_[static_cast<std::size_t>(side ? k : vector) * static_cast<std::size_t>(ld()) +
                   static_cast<std::size_t>(side ? vector : k)];
  }
  std::span<float> all() { return floats_.all(); }
  std::vector<float> copy(int vector);
  int count() const { return count_; }
  int ld() const { return layout_ == Layout::side_by_side ? count_ : K_; }

 private:
  int count_;
  int K_;
  Layout layout_;
  AlignedFloats floats_;
};

/// A vector to ask with: `base` everywhere but in two places.
struct Question {
  int i = 0;
  float at_i = 0;
  int j = 0;
  float at_j = 0;
};

enum class RandomData {
  independent,
  /// Products in pairs that cancel: their sum is what rounding left of it, and hardly ever the same in two orders.
  cancelling
};

/// Elements of c that are computed alike: where these rows and these columns cross.
struct LikeElements {
  std::vector<int> rows;
  std::vector<int> columns;
};

/// Products of one shape, within a budget. Every function returns nothing when the budget is spent, or when the product
/// answers one question in two ways.
class MaskedProducts {
 public:
  MaskedProducts(const Product& product, const SumOrderOptions& options);

  /// Tells apart the elements of c that are computed in different ways, as libraries do at the edges: all rows of a,
  /// and all columns of b, are the same. The kind with the most elements comes first.
  std::optional<std::vector<LikeElements>> find_like_elements();
  /// The functions below look at these elements alone.
  void look_at(LikeElements elements) { like_ = std::move(elements); }

  /// One answer a question: the sum of `other` times the numbers of the question.
  std::optional<std::vector<float>> ask(std::span<const Question> questions, float base, float other);

  /// Operands of random numbers, and some elements of their product.
  struct Element {
    std::vector<float> a;
    std::vector<float> b;
    float c = 0;
  };
  std::optional<std::vector<Element>> random_elements(RandomData data);

 private:
  bool multiply();
  float c_at(int m, int n) {
    return c_[static_cast<std::size_t>(m) * static_cast<std::size_t>(options_.N) + static_cast<std::size_t>(n)];
  }

  const Product& product_;
  SumOrderOptions options_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  int products_ = 0;
  Vectors a_;
  Vectors b_;
  AlignedFloats c_;
  LikeElements like_;
};

}  // namespace envlock::blas
