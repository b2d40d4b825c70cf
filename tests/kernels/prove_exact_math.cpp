// Proves that exp, log or tanh of exact_math.h is correctly rounded for every one of the 2^32 float32 inputs:
//
// 1. The float64 result y has a relative error below the bound that docs/exact-math.md derives. Where y (1 - bound) and
//    y (1 + bound) round to the same float32, the exact value rounds to it too, since rounding is monotone. This
//    decides all inputs but a few dozen.
// 2. MPFR decides those, and the special inputs.
// 3. MPFR measures the error of y on a dense sample, 2^18 inputs spread over all exponents and the neighbours of what
//    step 2 decided: it must keep a fifth of the bound free.
//
// In step 1 the fastest instruction set computes; the float32 results of the others are compared with its own, those of
// vectors on all inputs, those of the scalar copy, which may have to call the C library for each fma, on every 61st.
// In step 2 every instruction set is held against MPFR.
#include "exact_function_tables.h"

#include <mpfr.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using envlock::kernels::ExactFunctions;

constexpr std::size_t kChunk = 8192;
constexpr std::uint64_t kInputs = std::uint64_t{1} << 32;
constexpr std::uint64_t kScalarStride = 61;
constexpr std::uint64_t kShownMistakes = 10;

struct Subject {
  std::string_view name;
  double bound;     ///< of the relative error of the float64 result
  float low, high;  ///< beyond these inputs the float64 result is a constant that rounds as all exact values there do
  ExactFunctions::ToFloat ExactFunctions::*rounded;
  ExactFunctions::ToDouble ExactFunctions::*unrounded;
  int (*exact)(mpfr_t, mpfr_srcptr, mpfr_rnd_t);
};

constexpr float kInfinity = __builtin_inff();
const std::array<Subject, 3> kSubjects = {{
    {"exp", 0x1.2p-52, -104, 89, &ExactFunctions::exp, &ExactFunctions::exp_unrounded, mpfr_exp},
    {"log", 0x1p-51, -kInfinity, kInfinity, &ExactFunctions::log, &ExactFunctions::log_unrounded, mpfr_log},
    {"tanh", 0x1.8p-51, -10, 10, &ExactFunctions::tanh, &ExactFunctions::tanh_unrounded, mpfr_tanh},
}};

std::uint32_t bits(float x) {
  return std::bit_cast<std::uint32_t>(x);
}

float from_bits(std::uint32_t u) {
  return std::bit_cast<float>(u);
}

/// The same bits, or both NaN.
bool same(float a, float b) {
  return bits(a) == bits(b) || (a != a && b != b);
}

/// What is left to MPFR, and what is wrong.
struct Findings {
  std::vector<std::uint32_t> undecided;
  std::uint64_t mistakes = 0;

  void mistake(const char* what, std::uint32_t input, float have, float want) {
    if (++mistakes > kShownMistakes) return;
    std::printf("%s: input %08x gives %08x, want %08x\n", what, input, bits(have), bits(want));
  }
};

/// The exact value between two float32, or the one that both are.
struct Enclosure {
  float low, high;
};

Enclosure enclose(double y, double margin) {
  return {static_cast<float>(y - margin * y), static_cast<float>(y + margin * y)};
}

/// Step 1 for one chunk: decides what can be decided. The loop that all inputs run through has no branch.
void decide(const Subject& subject, const float* x, const float* rounded, const double* unrounded, Findings& found) {
  const double margin = subject.bound + 0x1p-52;  // the ends are rounded to float64 themselves, by 2^-53 at most
  const bool negative_gives_nan = subject.name == "log";
  const auto gives_nan = [&](float input) { return input != input || (negative_gives_nan && input < 0); };
  std::uint32_t doubtful = 0;
  for (std::size_t i = 0; i < kChunk; ++i) {
    const Enclosure ends = enclose(unrounded[i], margin);
    doubtful |= (bits(ends.low) ^ bits(ends.high)) | (bits(ends.low) ^ bits(rounded[i])) |
                static_cast<std::uint32_t>((ends.low != ends.low) != gives_nan(x[i]));
  }
  if (doubtful == 0) return;
  for (std::size_t i = 0; i < kChunk; ++i) {
    const Enclosure ends = enclose(unrounded[i], margin);
    const auto nearest = static_cast<float>(unrounded[i]);
    if (!same(rounded[i], nearest)) found.mistake("not the rounded float64", bits(x[i]), rounded[i], nearest);
    if ((nearest != nearest) != gives_nan(x[i])) found.mistake("NaN or not", bits(x[i]), rounded[i], nearest);
    if (!same(ends.low, ends.high)) found.undecided.push_back(bits(x[i]));
  }
}

/// Compares the results of a table with those of the fastest one.
void compare(const Subject& subject, const ExactFunctions& table, const float* x, const float* want, std::size_t n,
             Findings& found) {
  alignas(64) static thread_local std::array<float, kChunk> have;
  (table.*subject.rounded)(x, have.data(), n);
  if (std::memcmp(have.data(), want, n * sizeof(float)) == 0) return;
  for (std::size_t i = 0; i < n; ++i) {
    if (!same(have[i], want[i])) found.mistake(table.name, bits(x[i]), have[i], want[i]);
  }
}

/// Step 1 and the comparison of the instruction sets, for kChunk inputs from `first` on.
void examine(const Subject& subject, const std::vector<ExactFunctions>& tables, std::uint64_t first, Findings& found) {
  alignas(64) static thread_local std::array<float, kChunk> x, rounded;
  alignas(64) static thread_local std::array<double, kChunk> unrounded;
  for (std::size_t i = 0; i < kChunk; ++i) x[i] = from_bits(static_cast<std::uint32_t>(first + i));
  const ExactFunctions& fastest = tables.back();
  (fastest.*subject.rounded)(x.data(), rounded.data(), kChunk);
  (fastest.*subject.unrounded)(x.data(), unrounded.data(), kChunk);
  decide(subject, x.data(), rounded.data(), unrounded.data(), found);
  if (tables.size() == 1) return;
  for (std::size_t t = 1; t + 1 < tables.size(); ++t) {
    compare(subject, tables[t], x.data(), rounded.data(), kChunk, found);
  }
  std::size_t count = 0;
  for (std::size_t i = (kScalarStride - first % kScalarStride) % kScalarStride; i < kChunk; i += kScalarStride) {
    x[count] = x[i];
    rounded[count++] = rounded[i];
  }
  compare(subject, tables.front(), x.data(), rounded.data(), count, found);
}

/// Step 1 over all inputs, on every core.
Findings examine_all(const Subject& subject, const std::vector<ExactFunctions>& tables) {
  std::atomic<std::uint64_t> next{0};
  std::mutex mutex;
  Findings all;
  const auto work = [&] {
    Findings mine;
    for (std::uint64_t first; (first = next.fetch_add(kChunk)) < kInputs;) examine(subject, tables, first, mine);
    const std::lock_guard lock(mutex);
    all.mistakes += mine.mistakes;
    all.undecided.insert(all.undecided.end(), mine.undecided.begin(), mine.undecided.end());
  };
  std::vector<std::thread> workers;
  for (unsigned t = 1; t < std::thread::hardware_concurrency(); ++t) workers.emplace_back(work);
  work();
  for (std::thread& worker : workers) worker.join();
  std::sort(all.undecided.begin(), all.undecided.end());
  return all;
}

/// The exact value rounded to float32: the precision is raised until both ends of MPFR's interval round alike.
float correctly_rounded(const Subject& subject, float x) {
  for (mpfr_prec_t precision = 128;; precision *= 2) {
    mpfr_t in, low, high;
    mpfr_init2(in, 24);
    mpfr_inits2(precision, low, high, static_cast<mpfr_ptr>(nullptr));
    mpfr_set_flt(in, x, MPFR_RNDN);
    subject.exact(low, in, MPFR_RNDD);
    subject.exact(high, in, MPFR_RNDU);
    const float a = mpfr_get_flt(low, MPFR_RNDN);
    const float b = mpfr_get_flt(high, MPFR_RNDN);
    mpfr_clears(in, low, high, static_cast<mpfr_ptr>(nullptr));
    if (same(a, b)) return a;
  }
}

/// Step 2.
void ask_mpfr(const Subject& subject, const std::vector<ExactFunctions>& tables, Findings& found) {
  std::vector<std::uint32_t> inputs = {0x00000000, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 0x3f800000};
  inputs.insert(inputs.end(), found.undecided.begin(), found.undecided.end());
  for (const std::uint32_t input : inputs) {
    const float x = from_bits(input);
    const float want = correctly_rounded(subject, x);
    for (const ExactFunctions& table : tables) {
      float have = 0;
      (table.*subject.rounded)(&x, &have, 1);
      if (!same(have, want)) found.mistake(table.name, input, have, want);
    }
  }
}

/// |y / f(x) - 1|, rounded up; 0 where both are the same zero, infinity or NaN.
double relative_error(const Subject& subject, float x, double y) {
  mpfr_t in, want, error;
  mpfr_init2(in, 24);
  mpfr_inits2(160, want, error, static_cast<mpfr_ptr>(nullptr));
  mpfr_set_flt(in, x, MPFR_RNDN);
  subject.exact(want, in, MPFR_RNDN);
  double result = 0;
  if (mpfr_regular_p(want) != 0) {
    mpfr_sub_d(error, want, y, MPFR_RNDA);
    mpfr_div(error, error, want, MPFR_RNDA);
    mpfr_abs(error, error, MPFR_RNDA);
    result = mpfr_get_d(error, MPFR_RNDU);
  } else {
    const double value = mpfr_get_d(want, MPFR_RNDN);
    if (value != y && !(value != value && y != y)) result = 1;
  }
  mpfr_clears(in, want, error, static_cast<mpfr_ptr>(nullptr));
  return result;
}

struct Measured {
  double error = 0;
  std::uint32_t input = 0;
};

/// Step 3. The upper 18 bits of the sample take every value, so that each sign and exponent is met 512 times; the lower
/// 14 are mixed from them.
Measured measure(const Subject& subject, const ExactFunctions& table, const std::vector<std::uint32_t>& undecided) {
  std::vector<std::uint32_t> inputs;
  for (std::uint32_t i = 0; i < 1u << 18; ++i) inputs.push_back(i << 14 | (i * 2654435761u) >> 18);
  for (const std::uint32_t input : undecided) {
    for (std::uint32_t i = 0; i < 65; ++i) inputs.push_back(input - 32 + i);
  }
  Measured worst;
  for (const std::uint32_t input : inputs) {
    const float x = from_bits(input);
    if (x < subject.low || x > subject.high) continue;
    double y = 0;
    (table.*subject.unrounded)(&x, &y, 1);
    const double error = relative_error(subject, x, y);
    if (error > worst.error) worst = {error, input};
  }
  return worst;
}

int prove(const Subject& subject) {
  const std::vector<ExactFunctions> tables = envlock::kernels::usable_exact_functions();
  Findings found = examine_all(subject, tables);
  ask_mpfr(subject, tables, found);
  const Measured worst = measure(subject, tables.back(), found.undecided);
  std::printf("%s by %s: all 2^32 inputs; %zu left to MPFR; %llu mistakes\n", subject.name.data(), tables.back().name,
              found.undecided.size(), static_cast<unsigned long long>(found.mistakes));
  std::printf("largest error measured %.3f * 2^-53 at input %08x, bound %.3f * 2^-53\n", worst.error * 0x1p53,
              worst.input, subject.bound * 0x1p53);
  const bool holds = worst.error <= 0.8 * subject.bound;
  if (!holds) std::puts("the error comes too near to its bound");
  return found.mistakes == 0 && holds ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  for (const Subject& subject : kSubjects) {
    if (argc == 2 && argv[1] == subject.name) return prove(subject);
  }
  std::puts("usage: prove_exact_math exp|log|tanh");
  return 2;
}
