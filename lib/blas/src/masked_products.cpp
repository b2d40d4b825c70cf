#include "masked_products.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <utility>

#include "envlock/kernels/philox.h"

namespace envlock::blas {
namespace {

constexpr std::uint32_t kStream = 0x6f726465;  // "orde": no stream of the model's

/// Random numbers of either sign, of magnitudes from 2^-8 to 2^8, each with 24 random bits.
void fill_random(std::span<float> values, std::uint32_t seed) {
  for (std::size_t i = 0; i < values.size(); i += 4) {
    const kernels::PhiloxWords words = kernels::philox(static_cast<std::uint32_t>(i / 4), seed, kStream);
    for (std::size_t w = 0; w < 4 && i + w < values.size(); ++w) {
      const std::uint32_t word = words.w[w];
      const std::uint32_t exponent = 127 - 8 + (word >> 24 & 15u);
      values[i + w] = std::bit_cast<float>((word & 0x80000000u) | exponent << 23 | (word & 0x7fffffu));
    }
  }
}

}  // namespace

AlignedFloats::AlignedFloats(int rows, int columns)
    : columns_(columns),
      size_(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns)),
      data_(static_cast<float*>(::operator new[](size_ * sizeof(float), kAlignment))) {
  std::fill_n(data_.get(), size_, 0.0f);
}

MaskedProducts::MaskedProducts(const Product& product, const SumOrderOptions& options)
    : product_(product),
      options_(options),
      a_(options.M, options.K),
      b_(options.K, options.N),
      b_transposed_(options.N, options.K),
      c_(options.M, options.N) {}

bool MaskedProducts::multiply() {
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin_;
  if (products_ >= options_.most_products || spent.count() > options_.most_seconds) return false;
  ++products_;
  std::ranges::fill(c_.all(), 0.0f);
  kernels::Gemm gemm{options_.form, options_.M, options_.N, options_.K};
  gemm.a = a_.row(0);
  gemm.lda = a_.columns();
  gemm.b = options_.form == kernels::GemmForm::nt ? b_transposed_.row(0) : b_.row(0);
  gemm.ldb = options_.form == kernels::GemmForm::nt ? b_transposed_.columns() : b_.columns();
  gemm.c = c_.row(0);
  gemm.ldc = c_.columns();
  product_(gemm);
  return true;
}

bool MaskedProducts::multiply_alike(std::uint32_t seed) {
  const auto K = static_cast<std::size_t>(options_.K);
  std::vector<float> a(K);
  std::vector<float> b(K);
  fill_random(a, 2 * seed);
  fill_random(b, 2 * seed + 1);
  // Products in pairs that cancel, so that the sum is what rounding left of it, and hardly ever the same in two orders.
  // The partner of a product must not be where the code's own rhythm would have them meet.
  std::vector<std::size_t> places(K);
  std::iota(places.begin(), places.end(), std::size_t{0});
  for (std::size_t n = K; n > 1; --n)
    std::swap(places[n - 1], places[kernels::philox(static_cast<std::uint32_t>(n), seed, kStream).w[0] % n]);
  for (std::size_t n = 0; n + 1 < K; n += 2) {
    a[places[n + 1]] = -a[places[n]];
    b[places[n + 1]] = b[places[n]];
  }
  for (int r = 0; r < options_.M; ++r) std::ranges::copy(a, a_.row(r));
  for (int n = 0; n < options_.N; ++n) std::ranges::copy(b, b_transposed_.row(n));
  for (int k = 0; k < options_.K; ++k) std::fill_n(b_.row(k), options_.N, b[static_cast<std::size_t>(k)]);
  return multiply();
}

bool MaskedProducts::find_like_elements() {
  constexpr std::uint32_t kProducts = 2;
  const auto N = static_cast<std::size_t>(options_.N);
  std::vector<std::array<std::uint32_t, kProducts>> results(c_.all().size());
  for (std::uint32_t p = 0; p < kProducts; ++p) {
    if (!multiply_alike(p)) return false;
    for (std::size_t e = 0; e < results.size(); ++e) results[e][p] = std::bit_cast<std::uint32_t>(c_.all()[e]);
  }
  std::map<std::array<std::uint32_t, kProducts>, int> seen;
  for (const auto& result : results) ++seen[result];
  const auto by_count = [](const auto& x, const auto& y) { return x.second < y.second; };
  const auto most = std::max_element(seen.begin(), seen.end(), by_count)->first;

  std::vector<int> in_column(N);
  for (std::size_t e = 0; e < results.size(); ++e) in_column[e % N] += results[e] == most ? 1 : 0;
  const int fullest = std::ranges::max(in_column);
  for (std::size_t n = 0; n < N; ++n)
    if (in_column[n] == fullest) columns_.push_back(static_cast<int>(n));
  for (int r = 0; r < options_.M; ++r) {
    const auto is_like = [&](int n) {
      return results[static_cast<std::size_t>(r) * N + static_cast<std::size_t>(n)] == most;
    };
    if (std::ranges::all_of(columns_, is_like)) rows_.push_back(r);
  }
  return !rows_.empty();
}

bool MaskedProducts::read_answers(std::size_t count, std::vector<float>& answers) const {
  for (std::size_t q = 0; q < count; ++q) {
    const float* row = c_.row(rows_[q]);
    const float answer = row[columns_.front()];
    if (!std::ranges::all_of(columns_, [&](int n) { return row[n] == answer; })) return false;
    answers.push_back(answer);
  }
  return true;
}

std::optional<std::vector<float>> MaskedProducts::ask(std::span<const Question> questions, float base, float b_value) {
  std::ranges::fill(a_.all(), base);
  std::ranges::fill(b_.all(), b_value);
  std::ranges::fill(b_transposed_.all(), b_value);
  std::vector<float> answers;
  answers.reserve(questions.size());
  while (!questions.empty()) {
    const std::size_t count = std::min(questions.size(), rows_.size());
    for (std::size_t q = 0; q < count; ++q) {
      a_.row(rows_[q])[questions[q].i] = questions[q].at_i;
      a_.row(rows_[q])[questions[q].j] = questions[q].at_j;
    }
    if (!multiply() || !read_answers(count, answers)) return std::nullopt;
    for (std::size_t q = 0; q < count; ++q)
      for (const int place : {questions[q].i, questions[q].j}) a_.row(rows_[q])[place] = base;
    questions = questions.subspan(count);
  }
  return answers;
}

std::optional<MaskedProducts::RandomProduct> MaskedProducts::random(std::uint32_t seed) {
  fill_random(a_.all(), 2 * seed);
  fill_random(b_transposed_.all(), 2 * seed + 1);
  for (int k = 0; k < options_.K; ++k)
    for (int n = 0; n < options_.N; ++n) b_.row(k)[n] = b_transposed_.row(n)[k];
  if (!multiply()) return std::nullopt;
  return RandomProduct{a_, b_transposed_, c_};
}

}  // namespace envlock::blas
