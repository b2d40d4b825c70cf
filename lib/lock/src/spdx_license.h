#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::lock {

/// A license expression of SPDX, in canonical spelling.
struct LicenseExpression {
  std::string text;                     ///< "MIT OR (Apache-2.0 WITH LLVM-exception AND LicenseRef-own)"
  bool single = false;                  ///< one identifier of the list, no more
  std::vector<std::string> references;  ///< "LicenseRef-..." in it, sorted, each once
};

/// Absent when the text is no expression of the list's identifiers: "BSD 3-Clause", "Proprietary".
/// Source: SPDX 2.3, annex D. Identifiers and operators are taken in any case.
std::optional<LicenseExpression> parse_license(std::string_view text);

}  // namespace envlock::lock
