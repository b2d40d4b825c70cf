#pragma once

#include <string>
#include <string_view>

namespace envlock::pypi {

/// The clauses that old metadata meant: see docs/pypi.md for what is mended. What cannot be understood stays as it is.
std::string mend_specifiers(std::string_view text);

}  // namespace envlock::pypi
