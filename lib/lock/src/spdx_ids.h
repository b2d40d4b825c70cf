#pragma once

#include <string_view>

namespace envlock::lock {

/// All license identifiers, and all identifiers of exceptions ("... WITH X"), each followed by a space.
extern const std::string_view kSpdxLicenses;
extern const std::string_view kSpdxExceptions;

}  // namespace envlock::lock
