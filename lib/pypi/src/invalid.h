#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace envlock::pypi {

/// Where a text stops being what it should be, and why.
struct Problem {
  std::size_t at = 0;  ///< in bytes
  std::string why;
};

/// Throws: core::Error CODE, "`text` IS_NOT", with the column of the problem and the text, fit to be shown.
[[noreturn]] void throw_invalid(const char* code, const char* is_not, std::string_view text, const Problem& problem,
                                const char* hint);

}  // namespace envlock::pypi
