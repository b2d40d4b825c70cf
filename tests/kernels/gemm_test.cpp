// Every instruction set that this machine can run, against the plain triple loop, bit for bit.
#include "envlock/kernels/gemm.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "envlock/kernels/cpu_kernels.h"
#include "support/catch.h"

namespace envlock::kernels {
namespace {

/// The bits of x; every NaN counts as the same one, since which NaN comes out is not specified.
std::uint32_t bits(float x) {
  if (std::isnan(x)) return 0x7fc00000u;
  std::uint32_t u;
  std::memcpy(&u, &x, sizeof u);
  return u;
}

enum class Values { plain, special };

float random_value(std::mt19937& random, Values values) {
  const float plain = static_cast<float>(static_cast<int>(random() % 2000001) - 1000000) / 524288.0f;
  if (values == Values::plain) return plain;
  switch (random() % 60) {
    case 0:
      return std::numeric_limits<float>::infinity();
    case 1:
      return std::numeric_limits<float>::quiet_NaN();
    case 2:
    case 3:
    case 4:
      return -0.0f;
    case 5:
    case 6:
      return 0.0f;
    case 7:
    case 8:
    case 9:
      return std::ldexp(plain, -140);
    case 10:
    case 11:
      return std::ldexp(plain, -75);
    case 12:
      return std::ldexp(plain, 100);
    default:
      return plain;
  }
}

/// An exactly sized allocation, so that a sanitizer sees any read past the last row's last element.
struct Operand {
  int rows;
  int columns;
  int ld;
  std::vector<float> values;

  Operand(int rows_, int columns_, int ld_)
      : rows(rows_),
        columns(columns_),
        ld(ld_),
        values(rows_ == 0 || columns_ == 0 ? 0 : static_cast<std::size_t>(rows_ - 1) * ld_ + columns_) {}
};

constexpr float kGuard = 12345.0f;

struct Problem {
  Gemm gemm;
  Operand a;
  Operand b;
  std::vector<float> expected;  // (M,N)

  Problem(GemmForm form, int M, int N, int K, int more_a, int more_b, Values values, unsigned seed)
      : gemm{form, M, N, K},
        a(form == GemmForm::tn ? K : M, form == GemmForm::tn ? M : K, (form == GemmForm::tn ? M : K) + more_a),
        b(form == GemmForm::nt ? N : K, form == GemmForm::nt ? K : N, (form == GemmForm::nt ? K : N) + more_b) {
    std::mt19937 random(seed);
    for (float& x : a.values) x = random_value(random, values);
    for (float& x : b.values) x = random_value(random, values);
    gemm.a = a.values.data();
    gemm.lda = a.ld;
    gemm.b = b.values.data();
    gemm.ldb = b.ld;
    expected.resize(static_cast<std::size_t>(M) * N);
    for (int i = 0; i < M; ++i) {
      for (int j = 0; j < N; ++j) {
        float sum = 0.0f;
        for (int k = 0; k < K; ++k) {
          const float left = form == GemmForm::tn ? gemm.a[k * a.ld + i] : gemm.a[i * a.ld + k];
          const float right = form == GemmForm::nt ? gemm.b[j * b.ld + k] : gemm.b[k * b.ld + j];
          sum = std::fma(left, right, sum);
        }
        expected[static_cast<std::size_t>(i) * N + j] = sum;
      }
    }
  }
};

struct Aligned {
  explicit Aligned(std::size_t floats) : memory(floats + 32, kGuard) {
    auto address = reinterpret_cast<std::uintptr_t>(memory.data());
    data = memory.data() + (64 - address % 64) % 64 / sizeof(float);
    end = data + floats;
  }
  bool kept_inside() const { return bits(*end) == bits(kGuard); }
  std::vector<float> memory;
  float* data;
  float* end;
};

/// Empty when `isa` computes the problem in `parts` shares and touches nothing else; otherwise what is wrong.
std::string run_and_compare(const CpuKernels& isa, const Problem& problem, int more_c, int parts) {
  Gemm gemm = problem.gemm;
  gemm.ldc = gemm.N + more_c;
  constexpr std::size_t kMargin = 40;
  std::vector<float> memory(2 * kMargin + static_cast<std::size_t>(gemm.M) * gemm.ldc, kGuard);
  gemm.c = memory.data() + kMargin;
  for (int part = parts - 1; part >= 0; --part) {
    Aligned workspace(isa.gemm.workspace_floats(gemm, parts));
    isa.gemm.run(gemm, part, parts, workspace.data);
    if (!workspace.kept_inside()) return "wrote past its workspace";
  }
  const auto where = [&](std::ptrdiff_t at) {
    return std::string(isa.name) + " form " + std::to_string(static_cast<int>(gemm.form)) + " M " +
           std::to_string(gemm.M) + " N " + std::to_string(gemm.N) + " K " + std::to_string(gemm.K) + " parts " +
           std::to_string(parts) + " at " + std::to_string(at / gemm.ldc) + "," + std::to_string(at % gemm.ldc);
  };
  for (std::size_t at = 0; at < memory.size(); ++at) {
    const std::ptrdiff_t inside = static_cast<std::ptrdiff_t>(at) - static_cast<std::ptrdiff_t>(kMargin);
    const bool output =
        inside >= 0 && inside < static_cast<std::ptrdiff_t>(gemm.M) * gemm.ldc && inside % gemm.ldc < gemm.N;
    if (!output) {
      if (bits(memory[at]) != bits(kGuard)) return "wrote outside of c: " + where(inside);
      continue;
    }
    const float expected = problem.expected[static_cast<std::size_t>(inside / gemm.ldc) * gemm.N + inside % gemm.ldc];
    if (bits(memory[at]) != bits(expected))
      return where(inside) + ": have " + std::to_string(memory[at]) + " want " + std::to_string(expected);
  }
  return "";
}

constexpr GemmForm kForms[] = {GemmForm::nn, GemmForm::nt, GemmForm::tn};

TEST_CASE("gemm gives the bits of the triple loop for every tail") {
  std::mt19937 random(20240611);
  const auto up_to = [&](int limit) { return 1 + static_cast<int>(random() % static_cast<unsigned>(limit)); };
  for (int round = 0; round < 250; ++round) {
    const int M = up_to(40);
    const int N = up_to(70);
    const int K = up_to(40);
    const Values values = round % 2 == 0 ? Values::plain : Values::special;
    for (const GemmForm form : kForms) {
      const Problem problem(form, M, N, K, up_to(4) - 1, up_to(4) - 1, values, static_cast<unsigned>(random()));
      for (const CpuKernels* isa : usable_cpu_kernels())
        for (const int parts : {1, 2, 3, 4, 5}) CHECK(run_and_compare(*isa, problem, up_to(4) - 1, parts) == "");
    }
  }
}

TEST_CASE("gemm gives the bits of the triple loop at the sizes of the probe") {
  struct Layer {
    int rows, out, in;
  };
  const Layer layers[] = {{256, 192, 64}, {256, 64, 64}, {256, 256, 64}, {256, 64, 256}, {64, 64, 16}, {512, 384, 128}};
  for (const Layer& l : layers) {
    const Problem forward(GemmForm::nt, l.rows, l.out, l.in, 0, 0, Values::plain, 1);
    const Problem input_gradient(GemmForm::nn, l.rows, l.in, l.out, 0, 0, Values::plain, 2);
    const Problem weight_gradient(GemmForm::tn, l.out, l.in, l.rows, 0, 0, Values::special, 3);
    for (const Problem* problem : {&forward, &input_gradient, &weight_gradient})
      for (const CpuKernels* isa : usable_cpu_kernels())
        for (const int parts : {1, 2, 5}) CHECK(run_and_compare(*isa, *problem, 0, parts) == "");
  }
}

TEST_CASE("gemm gives the bits of the triple loop for the heads of attention, which lie inside wider rows") {
  const int T = 64;
  const int D = 16;
  const int C = 64;
  const Problem scores(GemmForm::nt, T, T, D, 3 * C - D, 3 * C - D, Values::plain, 1);
  const Problem outputs(GemmForm::nn, T, D, T, 0, 3 * C - D, Values::plain, 2);
  const Problem value_gradient(GemmForm::tn, T, D, T, 0, C - D, Values::special, 3);
  for (const CpuKernels* isa : usable_cpu_kernels()) {
    CHECK(run_and_compare(*isa, scores, 0, 1) == "");
    CHECK(run_and_compare(*isa, outputs, C - D, 1) == "");
    CHECK(run_and_compare(*isa, value_gradient, 3 * C - D, 1) == "");
  }
}

TEST_CASE("gemm gives the bits of the triple loop where operands are cut into blocks, packed or copied") {
  struct Shape {
    int M, N, K, more_a, more_b;
  };
  const Shape shapes[] = {
      {37, 45, 1200, 0, 0},     // K in several blocks, with a tail in every direction
      {150, 600, 70, 0, 0},     // N in several blocks, enough rows to pack b
      {61, 140, 300, 1024, 0},  // rows of a far apart: copied
      {150, 33, 520, 700, 1500}, {30, 16, 64, 4096, 4096},
  };
  for (const Shape& s : shapes) {
    for (const GemmForm form : kForms) {
      const Problem problem(form, s.M, s.N, s.K, s.more_a, s.more_b, Values::plain, 5);
      for (const CpuKernels* isa : usable_cpu_kernels())
        for (const int parts : {1, 3, 8}) CHECK(run_and_compare(*isa, problem, 3, parts) == "");
    }
  }
}

TEST_CASE("an empty chain is +0, and an empty output is left alone") {
  for (const GemmForm form : kForms) {
    const Problem no_terms(form, 5, 21, 0, 3, 3, Values::plain, 1);
    const Problem no_rows(form, 0, 21, 7, 0, 0, Values::plain, 1);
    const Problem no_columns(form, 5, 0, 7, 0, 0, Values::plain, 1);
    for (const CpuKernels* isa : usable_cpu_kernels()) {
      for (const int parts : {1, 3}) {
        CHECK(run_and_compare(*isa, no_terms, 2, parts) == "");
        CHECK(run_and_compare(*isa, no_rows, 2, parts) == "");
        CHECK(run_and_compare(*isa, no_columns, 2, parts) == "");
      }
    }
  }
}

TEST_CASE("a chain of gemm starts from +0 and takes no term that is not there") {
  // fma(-0, 1, +0) is +0, where a sum that began with the first product would give -0.
  const float minus_zero = -0.0f;
  const float one = 1.0f;
  const float infinity = std::numeric_limits<float>::infinity();
  for (const GemmForm form : kForms) {
    for (const CpuKernels* isa : usable_cpu_kernels()) {
      for (const float factor : {one, infinity}) {
        float c = kGuard;
        const float a = factor == one ? minus_zero : one;
        const Gemm gemm{form, 1, 1, 1, &a, 1, &factor, 1, &c, 1};
        Aligned workspace(isa->gemm.workspace_floats(gemm, 1));
        isa->gemm.run(gemm, 0, 1, workspace.data);
        CHECK(bits(c) == bits(factor == one ? 0.0f : infinity));
      }
    }
  }
}

}  // namespace
}  // namespace envlock::kernels
