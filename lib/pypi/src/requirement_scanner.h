#pragma once

#include <optional>
#include <string_view>

#include "envlock/pypi/requirement.h"
#include "invalid.h"

namespace envlock::pypi {

struct RequirementProblem {
  const char* code = "";    ///< "invalid-requirement", "invalid-specifier" or "invalid-marker"
  const char* is_not = "";  ///< what it is not, for throw_invalid
  const char* hint = "";
  Problem problem;
};

/// Absent: it is good. Else `problem.at` counts from the start of `text`.
std::optional<RequirementProblem> scan_requirement(std::string_view text, Requirement& requirement);

}  // namespace envlock::pypi
