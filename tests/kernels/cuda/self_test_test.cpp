// The digests that a GPU's self-test must give, computed by this processor: plain C++ and the exact functions on the
// host, with nothing of the kernel's source.
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "cuda_self_test.h"
#include "envlock/core/digest.h"
#include "envlock/kernels/cuda_self_test.h"
#include "envlock/kernels/exact_math.h"
#include "envlock/kernels/gemm.h"
#include "envlock/kernels/philox.h"
#include "support/catch.h"

namespace ck = envlock::kernels::cuda;
using envlock::kernels::GemmForm;

namespace {

float moderate(std::uint32_t word, int spread) {
  const auto exponent =
      static_cast<std::uint32_t>(127 - spread) + (word >> 23 & 255) * static_cast<std::uint32_t>(2 * spread + 1) / 256;
  return std::bit_cast<float>((word & 0x807fffff) | exponent << 23);
}

struct Inputs {
  float a, b, c;
  int integer;
  float left, right;
};

Inputs inputs_of(int i) {
  const auto random = envlock::kernels::philox(static_cast<std::uint32_t>(i), 0, 0x74657374);
  const auto* w = random.w;
  const bool any = i >= ck::kSelfTestCount / 2;
  return {any ? std::bit_cast<float>(w[0]) : moderate(w[0], 6),
          any ? std::bit_cast<float>(w[1]) : moderate(w[1], 20),
          any ? std::bit_cast<float>(w[2]) : moderate(w[2], 20),
          static_cast<int>(w[3]),
          moderate(w[1], 3),
          moderate(w[2], 3)};
}

float compute(int row, const Inputs& in) {
  namespace exact = envlock::kernels::exact;
  switch (row) {
    case ck::self_test_exp:
      return exact::exp(in.a);
    case ck::self_test_log:
      return exact::log(std::fabs(in.a));
    case ck::self_test_tanh:
      return exact::tanh(in.a);
    case ck::self_test_add:
      return in.a + in.b;
    case ck::self_test_mul:
      return in.a * in.b;
    case ck::self_test_div:
      return in.a / in.b;
    case ck::self_test_sqrt:
      return std::sqrt(std::fabs(in.a));
    case ck::self_test_fma:
      return std::fma(in.a, in.b, in.c);
    default:
      return static_cast<float>(static_cast<double>(in.a) * static_cast<double>(in.b)) + static_cast<float>(in.integer);
  }
}

std::string digest(const std::vector<float>& values) {
  return envlock::core::format(
      envlock::core::sha256(std::string_view(reinterpret_cast<const char*>(values.data()), values.size() * 4)));
}

std::vector<float> row(int number) {
  std::vector<float> values;
  for (int i = 0; i < ck::kSelfTestCount; ++i) {
    const float value = compute(number, inputs_of(i));
    values.push_back(std::isnan(value) ? std::bit_cast<float>(0x7fc00000u) : value);
  }
  return values;
}

std::vector<float> product(GemmForm form) {
  std::vector<float> values;
  for (int i = 0; i < ck::kSelfTestM; ++i) {
    for (int j = 0; j < ck::kSelfTestN; ++j) {
      float sum = 0;
      for (int k = 0; k < ck::kSelfTestK; ++k) {
        const int at_a = form == GemmForm::tn ? k * ck::kSelfTestM + i : i * ck::kSelfTestK + k;
        const int at_b = form == GemmForm::nt ? j * ck::kSelfTestK + k : k * ck::kSelfTestN + j;
        sum = std::fma(inputs_of(at_a).left, inputs_of(at_b).right, sum);
      }
      values.push_back(sum);
    }
  }
  return values;
}

}  // namespace

TEST_CASE("the self-test's digests are what a processor computes") {
  const auto parts = envlock::probe::cuda::self_test_parts();
  for (int i = 0; i < ck::self_test_rows; ++i) {
    INFO(parts[static_cast<std::size_t>(i)].name);
    CHECK(digest(row(i)) == parts[static_cast<std::size_t>(i)].sha256);
  }
  for (const GemmForm form : {GemmForm::nn, GemmForm::nt, GemmForm::tn}) {
    const auto& part = parts[ck::self_test_rows + static_cast<std::size_t>(form)];
    INFO(part.name);
    CHECK(digest(product(form)) == part.sha256);
  }
}

TEST_CASE("the self-test's samples meet subnormal numbers, infinities and NaNs") {
  int subnormal = 0;
  int infinite = 0;
  int nan = 0;
  for (int number = 0; number < ck::self_test_rows; ++number) {
    for (const float value : row(number)) {
      subnormal += value != 0 && std::fabs(value) < 0x1p-126f;
      infinite += std::isinf(value);
      nan += std::isnan(value);
    }
  }
  CHECK(subnormal > 20);
  CHECK(infinite > 20);
  CHECK(nan > 20);
}
