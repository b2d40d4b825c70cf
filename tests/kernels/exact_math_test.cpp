// exp, log and tanh of every instruction set: known values, and the same bits everywhere. That they are correctly
// rounded for all inputs is proven by prove_exact_math.cpp.
#include <envlock/kernels/exact_math.h>

#include <array>
#include <bit>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "exact_function_tables.h"
#include "support/catch.h"

namespace envlock::kernels {
namespace {

struct Known {
  std::uint32_t input, output;
};

constexpr std::uint32_t kNan = 0x7fc00000;

struct Function {
  const char* name;
  ExactFunctions::ToFloat ExactFunctions::*rounded;
  ExactFunctions::ToDouble ExactFunctions::*unrounded;
  float (*one)(float);
  double (*one_unrounded)(double);
  std::vector<Known> known;
};

/// The inputs whose exact values lie nearest to a midpoint between two float32, the ends of the ranges, and what IEEE
/// 754 has specials for. The outputs are MPFR's.
std::vector<Function> functions() {
  return {
      {"exp",
       &ExactFunctions::exp,
       &ExactFunctions::exp_unrounded,
       [](float x) { return exact::exp(x); },
       [](double x) { return exact::exp(x); },
       {{0xc16912cd, 0x34fd331b}, {0xbbf0edf1, 0x3f7e1fe9}, {0xc2b2e798, 0x000f6dce}, {0x377eff81, 0x3f800080},
        {0xbae0e25c, 0x3f7f8fa7}, {0xb3000000, 0x3f800000}, {0x39c6be5b, 0x3f800c6d}, {0x42b17217, 0x7f7fff84},
        {0x42b17218, 0x7f800000}, {0xc2aeac50, 0x007fffe6}, {0xc2cff1b4, 0x00000001}, {0xc2cff1b5, 0x00000000},
        {0x00000000, 0x3f800000}, {0x80000000, 0x3f800000}, {0x00000001, 0x3f800000}, {0x7f7fffff, 0x7f800000},
        {0xff7fffff, 0x00000000}, {0x7f800000, 0x7f800000}, {0xff800000, 0x00000000}, {kNan, kNan},
        {0xffffffff, kNan},       {0x7f800001, kNan}}},
      {"log",
       &ExactFunctions::log,
       &ExactFunctions::log_unrounded,
       [](float x) { return exact::log(x); },
       [](double x) { return exact::log(x); },
       {{0x65d890d3, 0x4254d1f9}, {0x4c5d65a5, 0x418f034b}, {0x4d604ebe, 0x419a352c},
        {0x41178feb, 0x400fe5e7}, {0x1f116ab8, 0xc233b53e}, {0x66a8c860, 0x42595e46},
        {0x3c413d3a, 0xc08e158f}, {0x6f31a8ec, 0x42845a89}, {0x00000001, 0xc2ce8ed0},
        {0x3f7fffff, 0xb3800000}, {0x3f800001, 0x33ffffff}, {0x7f7fffff, 0x42b17218},
        {0x3f800000, 0x00000000}, {0x007fffff, 0xc2aeac50}, {0x00000000, 0xff800000},
        {0x80000000, 0xff800000}, {0x80000001, kNan},       {0xbf800000, kNan},
        {0x7f800000, 0x7f800000}, {0xff800000, kNan},       {kNan, kNan},
        {0xffffffff, kNan},       {0x7f800001, kNan}}},
      {"tanh",
       &ExactFunctions::tanh,
       &ExactFunctions::tanh_unrounded,
       [](float x) { return exact::tanh(x); },
       [](double x) { return exact::tanh(x); },
       {{0x3ac37de2, 0x3ac37dd9}, {0xbac37de2, 0xbac37dd9}, {0x3eee0566, 0x3ede3cbe}, {0x3cd41b91, 0x3cd40f70},
        {0x40acb4d0, 0x3f7ffd50}, {0xc0c5e8ca, 0xbf7fff71}, {0x3d7c3055, 0x3d7bdee1}, {0x39b89ba2, 0x39b89ba2},
        {0x39b89ba3, 0x39b89ba2}, {0x41102cb3, 0x3f7fffff}, {0x41102cb4, 0x3f800000}, {0x80000001, 0x80000001},
        {0x00000000, 0x00000000}, {0x80000000, 0x80000000}, {0x00000001, 0x00000001}, {0xbf800000, 0xbf42f7d6},
        {0x7f7fffff, 0x3f800000}, {0x7f800000, 0x3f800000}, {0xff800000, 0xbf800000}, {kNan, kNan},
        {0xffffffff, kNan},       {0x7f800001, kNan}}},
  };
}

float from_bits(std::uint32_t u) {
  return std::bit_cast<float>(u);
}

/// The bits, with one NaN for all.
std::uint64_t canonical(double x) {
  return x != x ? 0x7ff8000000000000 : std::bit_cast<std::uint64_t>(x);
}

std::uint32_t canonical(float x) {
  return x != x ? kNan : std::bit_cast<std::uint32_t>(x);
}

TEST_CASE("exp, log and tanh give the correctly rounded value where it is hard") {
  for (const Function& function : functions()) {
    for (const ExactFunctions& table : usable_exact_functions()) {
      for (const Known& known : function.known) {
        INFO(function.name << " " << table.name << " input " << std::hex << known.input);
        const float x = from_bits(known.input);
        float y = 0;
        (table.*function.rounded)(&x, &y, 1);
        CHECK(canonical(y) == known.output);
        double unrounded = 0;
        (table.*function.unrounded)(&x, &unrounded, 1);
        CHECK(canonical(static_cast<float>(unrounded)) == known.output);
        CHECK(canonical(function.one(x)) == known.output);
      }
    }
  }
}

TEST_CASE("exp, log and tanh give the same bits on every instruction set, before and after rounding, at every length") {
  std::mt19937 random(20240601);  // fixed: the same inputs in every run
  std::vector<float> x(2000), want(x.size()), y(x.size());
  for (const Function& function : functions()) {
    for (float& value : x) value = from_bits(static_cast<std::uint32_t>(random()));
    for (std::size_t i = 0; i < 500; ++i) x[i] = from_bits(0x3f000000 + (static_cast<std::uint32_t>(random()) >> 5));
    for (std::size_t i = 0; i < x.size(); ++i) want[i] = function.one(x[i]);
    for (const ExactFunctions& table : usable_exact_functions()) {
      for (std::size_t first = 0; first < 40; ++first) {
        const std::size_t n = first == 0 ? x.size() : 3 * first / 2;
        y.assign(y.size(), -7.0f);
        (table.*function.rounded)(x.data() + first, y.data() + first, n);
        std::vector<double> unrounded(n + 1, -7.0);
        (table.*function.unrounded)(x.data() + first, unrounded.data(), n);
        INFO(function.name << " " << table.name << " from " << first << ", " << n << " elements");
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < x.size(); ++i) {
          const bool inside = i >= first && i < first + n;
          if (canonical(y[i]) != canonical(inside ? want[i] : -7.0f)) ++wrong;
          if (inside && canonical(unrounded[i - first]) != canonical(function.one_unrounded(x[i]))) ++wrong;
        }
        CHECK(wrong == 0);
        CHECK(unrounded[n] == -7.0);
      }
    }
  }
}

}  // namespace
}  // namespace envlock::kernels
