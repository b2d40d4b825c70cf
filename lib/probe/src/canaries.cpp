// Single operations against constants. Every operand passes through a volatile, so that it is the processor that
// computes, in the environment that the thread has, and not the compiler.
#include <bit>
#include <cmath>
#include <cstdint>

#include "envlock/probe/machine.h"
#include "start_thread.h"

namespace envlock::probe {
namespace {

template <typename Float>
Float opaque(Float value) {
  volatile Float hidden = value;
  return hidden;
}

/// By their bits: a comparison of floats would itself take subnormal numbers for zero.
bool keeps_subnormal_results() {
  const float single = opaque(opaque(0x1p-126f) * opaque(0.5f));
  const double twice = opaque(opaque(0x1p-1022) * opaque(0.5));
  return std::bit_cast<std::uint32_t>(single) == 0x00400000u &&
         std::bit_cast<std::uint64_t>(twice) == 0x0008000000000000u;
}

bool keeps_subnormal_inputs() {
  return opaque(opaque(0x1p-149f) * opaque(0x1p100f)) == 0x1p-49f &&
         opaque(opaque(0x1p-1074) * opaque(0x1p1000)) == 0x1p-74;
}

/// Each rounding mode but nearest-even fails one of these, on one side of zero or the other.
bool rounds_to_nearest_even() {
  const float one = opaque(1.0f);
  const bool below_half = one + opaque(0x1p-25f) == 1.0f && -one - opaque(0x1p-25f) == -1.0f;
  const bool above_half = one + opaque(0x1.8p-24f) == 0x1.000002p0f && -one - opaque(0x1.8p-24f) == -0x1.000002p0f;
  const bool ties = one + opaque(0x1p-24f) == 1.0f && opaque(0x1.000002p0f) + opaque(0x1p-24f) == 0x1.000004p0f;
  const double unit = opaque(1.0);
  const bool wide = unit + opaque(0x1p-54) == 1.0 && unit + opaque(0x1.8p-53) == 0x1.0000000000001p0;
  return below_half && above_half && ties && wide;
}

bool fuses_multiply_add() {
  // a * a is 1 + 2^-11 + 2^-24, of which a product that is rounded first would lose the end.
  const float a = opaque(0x1.001p0f);
  const double b = opaque(0x1.0000001p0);
  return std::fma(a, a, opaque(-0x1.002p0f)) == 0x1p-24f && std::fma(b, b, opaque(-0x1.0000002p0)) == 0x1p-56;
}

bool divides_and_roots_correctly() {
  return opaque(1.0f) / opaque(3.0f) == 0x1.555556p-2f && opaque(2.0f) / opaque(3.0f) == 0x1.555556p-1f &&
         opaque(1.0) / opaque(3.0) == 0x1.5555555555555p-2 && std::sqrt(opaque(2.0f)) == 0x1.6a09e6p0f &&
         std::sqrt(opaque(0x1p-149f)) == 0x1.6a09e6p-75f && std::sqrt(opaque(2.0)) == 0x1.6a09e667f3bcdp0;
}

bool converts_correctly() {
  return static_cast<float>(opaque(0x1.0000010000001p0)) == 0x1.000002p0f &&
         static_cast<float>(opaque(0x1.000001p0)) == 1.0f && static_cast<float>(opaque(0x1.8p-150)) == 0x1p-149f &&
         static_cast<double>(opaque(0x1p-149f)) == 0x1p-149 && static_cast<std::int32_t>(opaque(-1.5f)) == -1;
}

struct Check {
  const char* name;
  bool (*holds)();
};

constexpr Check kChecks[] = {
    {"subnormal results", keeps_subnormal_results},
    {"subnormal inputs", keeps_subnormal_inputs},
    {"rounding to nearest", rounds_to_nearest_even},
    {"fused multiply-add", fuses_multiply_add},
    {"division and square root", divides_and_roots_correctly},
    {"conversions", converts_correctly},
};

}  // namespace

std::vector<Canary> run_canaries(int threads) {
  std::vector<Canary> canaries;
  for (const Check& check : kChecks) canaries.push_back({check.name, true, {}});
  const auto look = [&](int thread) {
    for (std::size_t i = 0; i < canaries.size(); ++i) {
      if (kChecks[i].holds()) continue;
      canaries[i].ok = false;
      canaries[i].threads.push_back(thread);
    }
  };
  look(0);
  for (int thread = 1; thread < threads; ++thread) start_thread([&] { look(thread); }).join();
  return canaries;
}

}  // namespace envlock::probe
