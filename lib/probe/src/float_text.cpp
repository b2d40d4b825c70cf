#include "envlock/probe/float_text.h"

#include <fmt/format.h>

#include <bit>

namespace envlock::probe {
namespace {

constexpr std::uint64_t kDoubleFraction = (std::uint64_t{1} << 52) - 1;
constexpr int kDoubleBias = 1023;

}  // namespace

double widen(std::uint32_t bits) {
  const std::uint64_t sign = static_cast<std::uint64_t>(bits >> 31) << 63;
  const std::uint32_t exponent = bits >> 23 & 0xff;
  const std::uint64_t fraction = bits & 0x7fffff;
  if (exponent == 0xff) return std::bit_cast<double>(sign | std::uint64_t{0x7ff} << 52 | fraction << 29);
  if (exponent != 0) {
    return std::bit_cast<double>(sign | static_cast<std::uint64_t>(exponent + kDoubleBias - 127) << 52 |
                                 fraction << 29);
  }
  if (fraction == 0) return std::bit_cast<double>(sign);
  const int leading = std::countl_zero(fraction);  // 41 for the largest subnormal, 63 for the smallest
  const auto wide_exponent = static_cast<std::uint64_t>(kDoubleBias - 126 - (leading - 40));
  return std::bit_cast<double>(sign | wide_exponent << 52 | (fraction << (leading - 11) & kDoubleFraction));
}

std::string hex_double(std::uint64_t bits) {
  const std::string sign = bits >> 63 != 0 ? "-" : "";
  int exponent = static_cast<int>(bits >> 52 & 0x7ff);
  std::uint64_t fraction = bits & kDoubleFraction;
  if (exponent == 0x7ff) return fraction != 0 ? "nan" : sign + "inf";
  if (exponent == 0 && fraction == 0) return sign + "0x0p+0";
  if (exponent == 0) {
    const int shift = std::countl_zero(fraction) - 11;
    fraction = fraction << shift & kDoubleFraction;
    exponent = 1 - shift;
  }
  std::string digits = fmt::format("{:013x}", fraction);
  digits.erase(digits.find_last_not_of('0') + 1);
  return fmt::format("{}0x1{}{}p{:+}", sign, digits.empty() ? "" : ".", digits, exponent - kDoubleBias);
}

std::string hex_float(std::uint32_t bits) {
  return hex_double(std::bit_cast<std::uint64_t>(widen(bits)));
}

std::string decimal_double(std::uint64_t bits) {
  const auto value = std::bit_cast<double>(bits);
  if ((bits >> 52 & 0x7ff) == 0x7ff) return hex_double(bits);
  return fmt::format("{:#.10g}", value);
}

std::string decimal_float(std::uint32_t bits) {
  return decimal_double(std::bit_cast<std::uint64_t>(widen(bits)));
}

}  // namespace envlock::probe
