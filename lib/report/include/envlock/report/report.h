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

/// A diagnostic as people read it: STYLE's layout, "error[code]: what", the line with its caret, why, help. Ends with LF.
std::string text(const core::Diagnostic& diagnostic, Kind kind, const Style& style);
std::string text(const core::Note& note, const Style& style);

/// A JSON document of diagnostics: {"error": [...], "notes": [...]}; docs/formats/json.md.
std::string json_errors(const std::vector<core::Diagnostic>& errors, const std::vector<core::Note>& notes);

}  // namespace envlock::report
