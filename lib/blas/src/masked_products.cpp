#include "masked_products.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
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

/// Makes the products cancel in pairs, whichever row and column are multiplied. Which k are a pair is random too: in
/// the rhythm of a library's own code they might cancel to nothing.
void let_cancel(Vectors& a, Vectors& b, int K, std::uint32_t seed) {
  std::vector<int> places(static_cast<std::size_t>(K));
  std::iota(places.begin(), places.end(), 0);
  for (std::size_t n = places.size(); n > 1; --n)
    std::swap(places[n - 1], places[kernels::philox(static_cast<std::uint32_t>(n), seed, kStream).w[0] % n]);
  const auto copy_half = [&](Vectors& vectors, float sign) {
    for (int v = 0; v < vectors.count(); ++v)
      for (std::size_t n = 0; n + 1 < places.size(); n += 2)
        vectors.at(v, places[n + 1]) = sign * vectors.at(v, places[n]);
  };
  copy_half(a, -1);
  copy_half(b, 1);
}

/// Every vector the same random one.
void fill_alike(Vectors& vectors, int K, std::uint32_t seed) {
  std::vector<float> values(static_cast<std::size_t>(K));
  fill_random(values, seed);
  for (int v = 0; v < vectors.count(); ++v)
    for (int k = 0; k < K; ++k) vectors.at(v, k) = values[static_cast<std::size_t>(k)];
}

std::size_t floats_in(int rows, int columns) {
  return static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
}

/// The rows and columns that cross where all elements are of this kind: the fullest columns, and what rows they share.
LikeElements crossing(const std::vector<std::size_t>& kinds, std::size_t kind, int M, int N) {
  LikeElements like;
  std::vector<int> in_column(static_cast<std::size_t>(N));
  for (std::size_t e = 0; e < kinds.size(); ++e) in_column[e % in_column.size()] += kinds[e] == kind ? 1 : 0;
  const int fullest = std::ranges::max(in_column);
  for (int n = 0; n < N; ++n)
    if (in_column[static_cast<std::size_t>(n)] == fullest) like.columns.push_back(n);
  for (int m = 0; m < M; ++m) {
    const auto is_like = [&](int n) { return kinds[floats_in(m, N) + static_cast<std::size_t>(n)] == kind; };
    if (std::ranges::all_of(like.columns, is_like)) like.rows.push_back(m);
  }
  return like;
}

}  // namespace

AlignedFloats::AlignedFloats(std::size_t count)
    : count_(count), data_(static_cast<float*>(::operator new[](count * sizeof(float), kAlignment))) {
  std::ranges::fill(all(), 0.0f);
}

Vectors::Vectors(int count, int K, Layout layout)
    : count_(count), K_(K), layout_(layout), floats_(floats_in(count, K)) {}

std::vector<float> Vectors::copy(int vector) {
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(K_));
  for (int k = 0; k < K_; ++k) values.push_back(at(vector, k));
  return values;
}

MaskedProducts::MaskedProducts(const Product& product, const SumOrderOptions& options)
    : product_(product),
      options_(options),
      a_(options.M, options.K,
         options.form == kernels::GemmForm::tn ? Vectors::Layout::side_by_side : Vectors::Layout::one_after_another),
      b_(options.N, options.K,
         options.form == kernels::GemmForm::nt ? Vectors::Layout::one_after_another : Vectors::Layout::side_by_side),
      c_(floats_in(options.M, options.N)) {}

bool MaskedProducts::multiply() {
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin_;
  if (products_ >= options_.most_products || spent.count() > options_.most_seconds) return false;
  ++products_;
  std::ranges::fill(c_.all(), 0.0f);
  kernels::Gemm gemm{options_.form, options_.M, options_.N, options_.K};
  gemm.a = a_.all().data();
  gemm.lda = a_.ld();
  gemm.b = b_.all().data();
  gemm.ldb = b_.ld();
  gemm.c = c_.all().data();
  gemm.ldc = options_.N;
  product_(gemm);
  return true;
}

std::optional<std::vector<LikeElements>> MaskedProducts::find_like_elements() {
  constexpr std::uint32_t kProducts = 2;
  using Results = std::array<std::uint32_t, kProducts>;
  std::vector<Results> results(c_.all().size());
  for (std::uint32_t p = 0; p < kProducts; ++p) {
    fill_alike(a_, options_.K, 2 * p);
    fill_alike(b_, options_.K, 2 * p + 1);
    let_cancel(a_, b_, options_.K, p);
    if (!multiply()) return std::nullopt;
    for (std::size_t e = 0; e < results.size(); ++e) results[e][p] = std::bit_cast<std::uint32_t>(c_[e]);
  }
  std::map<Results, std::size_t> numbers;  // of the kinds, in the order in which they are met
  std::vector<std::size_t> kinds;
  std::vector<std::size_t> elements;  // of a kind
  for (const Results& result : results) {
    kinds.push_back(numbers.emplace(result, numbers.size()).first->second);
    elements.resize(numbers.size());
    ++elements[kinds.back()];
  }
  std::vector<std::size_t> order(elements.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::size_t kind) { return elements[kind]; });
  std::vector<LikeElements> all;
  for (const std::size_t kind : order) {
    LikeElements like = crossing(kinds, kind, options_.M, options_.N);
    if (!like.rows.empty()) all.push_back(std::move(like));
  }
  return all;
}

std::optional<std::vector<float>> MaskedProducts::ask(std::span<const Question> questions, float base, float other) {
  // Whichever operand has more vectors asks; the other one is the same throughout, and must not matter.
  const bool by_rows = like_.rows.size() >= like_.columns.size();
  Vectors& asking = by_rows ? a_ : b_;
  const std::vector<int>& askers = by_rows ? like_.rows : like_.columns;
  const std::vector<int>& others = by_rows ? like_.columns : like_.rows;
  std::ranges::fill(asking.all(), base);
  std::ranges::fill((by_rows ? b_ : a_).all(), other);
  std::vector<float> answers;
  answers.reserve(questions.size());
  while (!questions.empty()) {
    const auto now = questions.first(std::min(questions.size(), askers.size()));
    for (std::size_t q = 0; q < now.size(); ++q) {
      asking.at(askers[q], now[q].i) = now[q].at_i;
      asking.at(askers[q], now[q].j) = now[q].at_j;
    }
    if (!multiply()) return std::nullopt;
    for (std::size_t q = 0; q < now.size(); ++q) {
      const auto answer = [&](int v) { return by_rows ? c_at(askers[q], v) : c_at(v, askers[q]); };
      answers.push_back(answer(others.front()));
      if (!std::ranges::all_of(others, [&](int v) { return answer(v) == answers.back(); })) return std::nullopt;
      for (const int place : {now[q].i, now[q].j}) asking.at(askers[q], place) = base;
    }
    questions = questions.subspan(now.size());
  }
  return answers;
}

std::optional<std::vector<MaskedProducts::Element>> MaskedProducts::random_elements(RandomData data) {
  constexpr std::size_t kElements = 24;
  const std::uint32_t seed = data == RandomData::cancelling ? 101 : 100;
  fill_random(a_.all(), 2 * seed);
  fill_random(b_.all(), 2 * seed + 1);
  if (data == RandomData::cancelling) let_cancel(a_, b_, options_.K, seed);
  if (!multiply()) return std::nullopt;
  std::vector<Element> elements;
  for (std::size_t e = 0; e < kElements; ++e) {
    // From the first to the last row and, in another rhythm, over the columns.
    const int m = like_.rows[e * (like_.rows.size() - 1) / (kElements - 1)];
    const int n = like_.columns[(e * 7 + e / like_.rows.size()) % like_.columns.size()];
    elements.push_back({a_.copy(m), b_.copy(n), c_at(m, n)});
  }
  return elements;
}

}  // namespace envlock::blas
