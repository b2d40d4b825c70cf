#include <cfenv>
#include <cmath>
#include <limits>

#include "op_harness.h"

using namespace envlock_test;

namespace {

using u64 = std::uint64_t;
using s64 = std::int64_t;

constexpr OpCase::Values kFloats = OpCase::Values::floats;

/// x87 has 64 bits of precision: every integer and every clamped double is exact there.
u64 clamp_to(long double value, bool nan, int width, bool negative, bool wide_source) {
  const bool any_wide = wide_source || width == 64;
  if (nan) return any_wide ? u64{1} << (width - 1) : 0;
  const long double low = negative ? -std::ldexp(1.0L, width - 1) : 0;
  const long double high = negative ? std::ldexp(1.0L, width - 1) - 1 : std::ldexp(1.0L, width) - 1;
  const long double clamped = value < low ? low : value > high ? high : value;
  return clamped < 0 ? static_cast<u64>(static_cast<s64>(clamped)) : static_cast<u64>(clamped);
}

long double round_as(long double value, const std::string& mode) {
  if (mode == "rni") return std::nearbyint(value);
  if (mode == "rzi") return std::trunc(value);
  if (mode == "rmi") return std::floor(value);
  return std::ceil(value);
}

/// Conversion with the host's own rounding mode.
template <class To, class From>
To round_host(From value, int mode) {
  volatile From from = value;
  std::fesetround(mode);
  volatile To to = static_cast<To>(from);
  std::fesetround(FE_TONEAREST);
  return to;
}

}  // namespace

TEST_CASE("floats become integers by each rounding, clamped, NaN as PTX says") {
  for (const std::string mode : {"rni", "rzi", "rmi", "rpi"})
    for (const int width : {32, 64})
      for (const bool negative : {true, false}) {
        const std::string type = (negative ? "s" : "u") + std::to_string(width);
        check_op({"cvt." + mode + "." + type + ".f32 %z, %a;",
                  {32},
                  width,
                  [&](const u64* x) {
                    const float value = as_float(x[0]);
                    return clamp_to(round_as(value, mode), std::isnan(value), width, negative, false);
                  },
                  kFloats});
        check_op({"cvt." + mode + "." + type + ".f64 %z, %a;",
                  {64},
                  width,
                  [&](const u64* x) {
                    const double value = as_double(x[0]);
                    return clamp_to(round_as(value, mode), std::isnan(value), width, negative, true);
                  },
                  kFloats});
      }
  check_op({"cvt.rzi.s16.f32 %h0, %a; cvt.s32.s16 %z, %h0;",
            {32},
            32,
            [](const u64* x) {
              const float value = as_float(x[0]);
              return clamp_to(std::trunc(value), std::isnan(value), 16, true, false);
            },
            kFloats});
  check_op({"cvt.rni.u8.f32 %z, %a;",
            {32},
            32,
            [](const u64* x) {
              const float value = as_float(x[0]);
              return clamp_to(std::nearbyint(value), std::isnan(value), 8, false, false);
            },
            kFloats});
}

TEST_CASE("floats round to integral floats") {
  for (const std::string mode : {"rni", "rzi", "rmi", "rpi"}) {
    check_op({"cvt." + mode + ".f32.f32 %z, %a;",
              {32},
              32,
              [&](const u64* x) { return bits(static_cast<float>(round_as(as_float(x[0]), mode))); },
              kFloats});
    check_op({"cvt." + mode + ".f64.f64 %z, %a;",
              {64},
              64,
              [&](const u64* x) { return bits(static_cast<double>(round_as(as_double(x[0]), mode))); },
              kFloats});
  }
}

TEST_CASE("integers become floats, rounded as asked") {
  check_op({"cvt.rn.f32.s32 %z, %a;", {32}, 32, [](const u64* x) {
              return bits(static_cast<float>(static_cast<std::int32_t>(x[0])));
            }});
  check_op({"cvt.rn.f32.u32 %z, %a;", {32}, 32, [](const u64* x) {
              return bits(static_cast<float>(static_cast<std::uint32_t>(x[0])));
            }});
  check_op({"cvt.rn.f64.s32 %z, %a;", {32}, 64, [](const u64* x) {
              return bits(static_cast<double>(static_cast<std::int32_t>(x[0])));
            }});
  check_op({"cvt.rn.f64.u32 %z, %a;", {32}, 64, [](const u64* x) {
              return bits(static_cast<double>(static_cast<std::uint32_t>(x[0])));
            }});
  const std::pair<const char*, int> modes[] = {
      {"rn", FE_TONEAREST}, {"rz", FE_TOWARDZERO}, {"rm", FE_DOWNWARD}, {"rp", FE_UPWARD}};
  for (const auto& [name, mode] : modes) {
    const std::string prefix = std::string("cvt.") + name;
    const int host = mode;
    check_op({prefix + ".f32.s64 %z, %a;", {64}, 32, [=](const u64* x) {
                return bits(round_host<float>(static_cast<s64>(x[0]), host));
              }});
    check_op(
        {prefix + ".f32.u64 %z, %a;", {64}, 32, [=](const u64* x) { return bits(round_host<float>(x[0], host)); }});
    check_op({prefix + ".f64.s64 %z, %a;", {64}, 64, [=](const u64* x) {
                return bits(round_host<double>(static_cast<s64>(x[0]), host));
              }});
    check_op(
        {prefix + ".f64.u64 %z, %a;", {64}, 64, [=](const u64* x) { return bits(round_host<double>(x[0], host)); }});
    check_op({prefix + ".f32.s32 %z, %a;", {32}, 32, [=](const u64* x) {
                return bits(round_host<float>(static_cast<std::int32_t>(x[0]), host));
              }});
    check_op({prefix + ".f32.f64 %z, %a;",
              {64},
              32,
              [=](const u64* x) { return bits(round_host<float>(as_double(x[0]), host)); },
              kFloats});
  }
}

TEST_CASE("floats change their size") {
  check_op({"cvt.f64.f32 %z, %a;",
            {32},
            64,
            [](const u64* x) { return bits(static_cast<double>(as_float(x[0]))); },
            kFloats});
  check_op({"cvt.rn.f32.f64 %z, %a;",
            {64},
            32,
            [](const u64* x) { return bits(static_cast<float>(as_double(x[0]))); },
            kFloats});
}

TEST_CASE("integers change their size by sign or zeros, or saturate") {
  check_op({"cvt.u64.u32 %z, %a;", {32}, 64, [](const u64* x) { return x[0]; }});
  check_op({"cvt.s64.s32 %z, %a;", {32}, 64, [](const u64* x) {
              return static_cast<u64>(static_cast<s64>(static_cast<std::int32_t>(x[0])));
            }});
  check_op({"cvt.u32.u64 %z, %a;", {64}, 32, [](const u64* x) { return x[0]; }});
  check_op(
      {"cvt.s8.s32 %z, %a;", {32}, 32, [](const u64* x) { return static_cast<u64>(static_cast<std::int8_t>(x[0])); }});
  check_op({"cvt.u8.u32 %z, %a;", {32}, 32, [](const u64* x) { return x[0] & 255; }});
  check_op({"cvt.s16.s32 %z, %a;", {32}, 32, [](const u64* x) {
              return static_cast<u64>(static_cast<std::int16_t>(x[0]));
            }});
  check_op({"cvt.u16.u32 %h0, %a; cvt.s64.s16 %z, %h0;", {32}, 64, [](const u64* x) {
              return static_cast<u64>(static_cast<s64>(static_cast<std::int16_t>(x[0])));
            }});
  check_op(
      {"cvt.s32.s8 %z, %a;", {32}, 32, [](const u64* x) { return static_cast<u64>(static_cast<std::int8_t>(x[0])); }});
  check_op({"cvt.sat.u8.s32 %z, %a;", {32}, 32, [](const u64* x) {
              const auto value = static_cast<std::int32_t>(x[0]);
              return static_cast<u64>(value < 0 ? 0 : value > 255 ? 255 : value);
            }});
  check_op({"cvt.sat.s32.s64 %z, %a;", {64}, 32, [](const u64* x) {
              const auto value = static_cast<s64>(x[0]);
              return static_cast<u64>(value < INT32_MIN ? INT32_MIN : value > INT32_MAX ? INT32_MAX : value);
            }});
  check_op({"cvt.sat.s32.u32 %z, %a;", {32}, 32, [](const u64* x) { return std::min<u64>(x[0], 0x7fffffff); }});
  check_op({"cvt.sat.u64.s64 %z, %a;", {64}, 64, [](const u64* x) { return static_cast<s64>(x[0]) < 0 ? 0 : x[0]; }});
}
