#pragma once

#include <string>
#include <string_view>

namespace envlock::prefix {

/// Text from outside as messages show it: printable, in backticks.
std::string in_backticks(std::string_view text);

/// Throws the error "wheel-invalid" for the wheel of that file name.
[[noreturn]] void throw_wheel_invalid(const std::string& file_name, const std::string& why);

}  // namespace envlock::prefix
