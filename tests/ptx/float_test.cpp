#include <cfenv>
#include <cmath>

#include "op_harness.h"

using namespace envlock_test;

namespace {

using u64 = std::uint64_t;

constexpr OpCase::Values kFloats = OpCase::Values::floats;

void check_single(const std::string& body, const std::function<float(float, float, float)>& expected) {
  check_op({body,
            {32, 32, 32},
            32,
            [&](const u64* x) { return bits(expected(as_float(x[0]), as_float(x[1]), as_float(x[2]))); },
            kFloats});
}
void check_double(const std::string& body, const std::function<double(double, double, double)>& expected) {
  check_op({body,
            {64, 64, 64},
            64,
            [&](const u64* x) { return bits(expected(as_double(x[0]), as_double(x[1]), as_double(x[2]))); },
            kFloats});
}

template <class T>
T smaller(T a, T b) {
  if (std::isnan(a)) return b;
  if (std::isnan(b)) return a;
  if (a == b) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}
template <class T>
T larger(T a, T b) {
  if (std::isnan(a)) return b;
  if (std::isnan(b)) return a;
  if (a == b) return std::signbit(a) ? b : a;
  return a > b ? a : b;
}

}  // namespace

TEST_CASE("float32 arithmetic is IEEE's, with PTX's NaN, -0 and subnormals") {
  check_single("add.rn.f32 %z, %a, %b;", [](float a, float b, float) { return a + b; });
  check_single("sub.rn.f32 %z, %a, %b;", [](float a, float b, float) { return a - b; });
  check_single("mul.rn.f32 %z, %a, %b;", [](float a, float b, float) { return a * b; });
  check_single("div.rn.f32 %z, %a, %b;", [](float a, float b, float) { return a / b; });
  check_single("fma.rn.f32 %z, %a, %b, %c;", [](float a, float b, float c) { return std::fma(a, b, c); });
  check_single("sqrt.rn.f32 %z, %a;", [](float a, float, float) { return std::sqrt(a); });
  check_single("rcp.rn.f32 %z, %a;", [](float a, float, float) { return 1 / a; });
  check_single("min.f32 %z, %a, %b;", [](float a, float b, float) { return smaller(a, b); });
  check_single("max.f32 %z, %a, %b;", [](float a, float b, float) { return larger(a, b); });
}

TEST_CASE("float64 arithmetic is IEEE's") {
  check_double("add.rn.f64 %z, %a, %b;", [](double a, double b, double) { return a + b; });
  check_double("sub.rn.f64 %z, %a, %b;", [](double a, double b, double) { return a - b; });
  check_double("mul.rn.f64 %z, %a, %b;", [](double a, double b, double) { return a * b; });
  check_double("div.rn.f64 %z, %a, %b;", [](double a, double b, double) { return a / b; });
  check_double("fma.rn.f64 %z, %a, %b, %c;", [](double a, double b, double c) { return std::fma(a, b, c); });
  check_double("sqrt.rn.f64 %z, %a;", [](double a, double, double) { return std::sqrt(a); });
  check_double("min.f64 %z, %a, %b;", [](double a, double b, double) { return smaller(a, b); });
  check_double("max.f64 %z, %a, %b;", [](double a, double b, double) { return larger(a, b); });
}

TEST_CASE("signs move without arithmetic") {
  const auto bits32 = [](const std::string& body, const std::function<u64(u64, u64)>& expected) {
    check_op({body, {32, 32}, 32, [&](const u64* x) { return expected(x[0], x[1]); }, kFloats});
  };
  bits32("neg.f32 %z, %a;", [](u64 a, u64) { return a ^ 0x80000000u; });
  bits32("abs.f32 %z, %a;", [](u64 a, u64) { return a & 0x7fffffffu; });
  bits32("copysign.f32 %z, %a, %b;", [](u64 a, u64 b) { return (a & 0x80000000u) | (b & 0x7fffffffu); });
  check_op({"neg.f64 %z, %a;", {64}, 64, [](const u64* x) { return x[0] ^ u64 { 1 } << 63; }, kFloats});
  check_op({"abs.f64 %z, %a;", {64}, 64, [](const u64* x) { return x[0] & ~(u64{1} << 63); }, kFloats});
}

TEST_CASE("float comparisons, ordered and unordered") {
  struct Comparison {
    const char* name;
    bool (*ordered)(double, double);
    bool on_nan;
  };
  const Comparison comparisons[] = {{"eq", [](double a, double b) { return a == b; }, false},
                                    {"ne", [](double a, double b) { return a != b; }, false},
                                    {"lt", [](double a, double b) { return a < b; }, false},
                                    {"le", [](double a, double b) { return a <= b; }, false},
                                    {"gt", [](double a, double b) { return a > b; }, false},
                                    {"ge", [](double a, double b) { return a >= b; }, false},
                                    {"equ", [](double a, double b) { return a == b; }, true},
                                    {"neu", [](double a, double b) { return a != b; }, true},
                                    {"ltu", [](double a, double b) { return a < b; }, true},
                                    {"leu", [](double a, double b) { return a <= b; }, true},
                                    {"gtu", [](double a, double b) { return a > b; }, true},
                                    {"geu", [](double a, double b) { return a >= b; }, true},
                                    {"num", [](double, double) { return true; }, false},
                                    {"nan", [](double, double) { return false; }, true}};
  for (const Comparison& comparison : comparisons) {
    const auto expected = [&](double a, double b) -> u64 {
      return std::isnan(a) || std::isnan(b) ? comparison.on_nan : comparison.ordered(a, b);
    };
    check_op({std::string("setp.") + comparison.name + ".f32 %p0, %a, %b; selp.u32 %z, 1, 0, %p0;",
              {32, 32},
              32,
              [&](const u64* x) { return expected(as_float(x[0]), as_float(x[1])); },
              kFloats});
    check_op({std::string("setp.") + comparison.name + ".f64 %p0, %a, %b; selp.u32 %z, 1, 0, %p0;",
              {64, 64},
              32,
              [&](const u64* x) { return expected(as_double(x[0]), as_double(x[1])); },
              kFloats});
  }
  check_op({"slct.f32.f32 %z, %a, %b, %c;",
            {32, 32, 32},
            32,
            [](const u64* x) { return as_float(x[2]) >= 0 ? x[0] : x[1]; },
            kFloats});
}

TEST_CASE("questions about a float's class") {
  const auto ask = [](const std::string& question, const std::function<bool(double, bool)>& expected) {
    check_op(
        {"testp." + question + ".f32 %p0, %a; selp.u32 %z, 1, 0, %p0;",
         {32},
         32,
         [&](const u64* x) -> u64 { return expected(as_float(x[0]), std::fpclassify(as_float(x[0])) == FP_SUBNORMAL); },
         kFloats});
    check_op({"testp." + question + ".f64 %p0, %a; selp.u32 %z, 1, 0, %p0;",
              {64},
              32,
              [&](const u64* x) -> u64 {
                return expected(as_double(x[0]), std::fpclassify(as_double(x[0])) == FP_SUBNORMAL);
              },
              kFloats});
  };
  ask("finite", [](double a, bool) { return std::isfinite(a); });
  ask("infinite", [](double a, bool) { return std::isinf(a); });
  ask("number", [](double a, bool) { return !std::isnan(a); });
  ask("notanumber", [](double a, bool) { return std::isnan(a); });
  ask("normal", [](double a, bool subnormal) { return std::isfinite(a) && !subnormal; });
  ask("subnormal", [](double, bool subnormal) { return subnormal; });
}

TEST_CASE("float literals keep their bits") {
  check_op({"add.rn.f32 %z, %a, 0f3F000001;",
            {32},
            32,
            [](const u64* x) { return bits(as_float(x[0]) + as_float(0x3f000001)); },
            kFloats});
  check_op({"add.rn.f64 %z, %a, 0d3FB999999999999A;",
            {64},
            64,
            [](const u64* x) { return bits(as_double(x[0]) + 0.1); },
            kFloats});
  check_op({"mul.rn.f32 %z, %a, -1.5;", {32}, 32, [](const u64* x) { return bits(as_float(x[0]) * -1.5f); }, kFloats});
}

TEST_CASE("the host program's rounding and flushing are not the device's, and stay as they are") {
  const auto check = [] {
    check_single("mul.rn.f32 %z, %a, %b;", [](float a, float b, float) {
      std::fenv_t host;
      std::fegetenv(&host);
      std::fesetenv(FE_DFL_ENV);
      volatile float left = a, right = b;
      const volatile float product = left * right;
      std::fesetenv(&host);
      return product;
    });
  };
  std::fesetround(FE_UPWARD);
  check();
  CHECK(std::fegetround() == FE_UPWARD);
  std::fesetround(FE_TONEAREST);
#if defined(__x86_64__)
  constexpr unsigned kFlushBoth = 0x8040;
  const unsigned before = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(before | kFlushBoth);
  check();
  const unsigned after = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(before);
  CHECK((after & kFlushBoth) == kFlushBoth);
#endif
}
