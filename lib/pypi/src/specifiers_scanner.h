#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "envlock/pypi/version.h"
#include "invalid.h"

namespace envlock::pypi {

/// Reads clauses, with the parentheses that old requirements have around them.
/// Absent: they are good, and in canonical order. Else `at` counts from the start of `text`.
std::optional<Problem> scan_specifiers(std::string_view text, Specifiers& specifiers);

struct SpecifiersAccess {
  static std::vector<Clause>& clauses(Specifiers& specifiers) { return specifiers.clauses_; }
};

}  // namespace envlock::pypi
