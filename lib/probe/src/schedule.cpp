#include "envlock/probe/schedule.h"

#include "embedded.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/digest.h"
#include "envlock/kernels/philox.h"

namespace envlock::probe {
namespace {

constexpr std::string_view kCorpusSha256 = "ef4206dc9d9ade01f0e7ccb1047b0d921967a7085dccf7ffe56ac8f0c1a25d64";

/// Warm-up over five steps, then a cosine down to a tenth; as hexadecimal constants, since no cosine is bit-exact.
constexpr float kLearningRates[] = {
    0x1.99999ap-11f, 0x1.99999ap-10f, 0x1.333334p-9f, 0x1.99999ap-9f,  0x1p-8f,         0x1p-8f,         0x1.faf718p-9f,
    0x1.ec14b4p-9f,  0x1.d3ff5ep-9f,  0x1.b3c488p-9f, 0x1.8cccccp-9f,  0x1.60cc2ap-9f,  0x1.31aefp-9f,   0x1.018442p-9f,
    0x1.a4ce12p-10f, 0x1.4cccccp-10f, 0x1.fdbabp-11f, 0x1.7ccf58p-11f, 0x1.1c79fcp-11f, 0x1.c1e0dcp-12f,
};
constexpr int kScheduledSteps = sizeof kLearningRates / sizeof kLearningRates[0];

}  // namespace

std::string_view corpus() {
  static const bool whole = core::format(core::sha256(embedded_corpus())) == kCorpusSha256;
  if (!whole) {
    throw core::Error(
        {.code = "probe-corpus",
         .what = "this program carries another training text than " + std::string(kSpecVersion) + " names",
         .where = std::nullopt,
         .why = {"its SHA-256 should be " + std::string(kCorpusSha256)},
         .hints = {"build it again from unchanged sources, or install it again"}});
  }
  return embedded_corpus();
}

StepInputs Schedule::next() {
  const std::string_view text = corpus();
  StepInputs inputs;
  inputs.step = step_;
  const auto T = static_cast<std::uint64_t>(size_.T);
  for (int b = 0; b < size_.B; ++b) {
    const std::uint64_t random =
        kernels::philox(static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(step_), kernels::kPhiloxData).w[0];
    const std::uint64_t offset = random * (text.size() - T) >> 32;
    for (std::uint64_t t = 0; t < T; ++t) {
      inputs.tokens.push_back(static_cast<unsigned char>(text[offset + t]));
      inputs.targets.push_back(static_cast<unsigned char>(text[offset + t + 1]));
    }
  }
  product1_ = product1_ * kernels::kAdamBeta1;
  product2_ = product2_ * kernels::kAdamBeta2;
  inputs.adam.learning_rate = kLearningRates[step_ % kScheduledSteps];
  inputs.adam.correction1 = 1.0f / (1.0f - product1_);
  inputs.adam.correction2 = 1.0f / (1.0f - product2_);
  ++step_;
  return inputs;
}

}  // namespace envlock::probe
