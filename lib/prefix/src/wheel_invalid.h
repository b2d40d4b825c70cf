#pragma once

#include <string>

namespace envlock::prefix {

/// Throws the error "wheel-invalid" for the wheel of that file name.
[[noreturn]] void throw_wheel_invalid(const std::string& file_name, const std::string& why);

}  // namespace envlock::prefix
