// Floats as text. Integer arithmetic only: a process that flushes subnormal numbers must show them all the same.
#pragma once

#include <cstdint>
#include <string>

namespace envlock::probe {

/// "0x1.99999ap-3": the value of these bits exactly, normalised; "0x0p+0", "inf", "nan", with their signs but NaN's.
std::string hex_float(std::uint32_t bits);
/// The same of a binary64.
std::string hex_double(std::uint64_t bits);
/// "0.2000000030": ten significant digits, for people.
std::string decimal_float(std::uint32_t bits);
/// The same of a binary64.
std::string decimal_double(std::uint64_t bits);
/// The binary64 of the same value.
double widen(std::uint32_t bits);

}  // namespace envlock::probe
