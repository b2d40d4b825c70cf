#pragma once

#include <string>
#include <vector>

#include "envlock/core/diagnostic.h"

namespace envlock::report {

struct Style {
  bool color = false;
  int width = 100;
};

enum class Kind { error, warning, note };

/// A diagnostic as people read it: "error[code]: what", the line with its caret, why, help. Ends with LF. Controls are
/// escaped, secrets masked, a long line is cut around its mark. Of `why`: the first fact stands after "why:", the
/// others hang from it as a tree; a line that begins with "want " or "have " stands for itself; an entry may hold
/// several lines; one that brings its own tree marks or indentation keeps them.
std::string text(const core::Diagnostic& diagnostic, Kind kind, const Style& style);
std::string text(const core::Note& note, const Style& style);
/// Several, with an empty line between those that take more than one line.
std::string text(const std::vector<core::Diagnostic>& diagnostics, Kind kind, const Style& style);

/// A JSON document of diagnostics, for a command that could not answer: docs/formats/json.md, "envlock-errors".
std::string json_errors(const std::vector<core::Diagnostic>& errors, const std::vector<core::Note>& notes);

}  // namespace envlock::report
