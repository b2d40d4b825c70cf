#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/probe/baseline.h"

namespace envlock::probe {

/// The two texts that git could not merge, when it left its markers in this one. Absent where there are none, or where
/// they do not fit together.
std::optional<std::pair<std::string, std::string>> sides_of_conflict(std::string_view text);

/// The classes of both. One that they disagree about is left out. What a reader must know is added to `troubles`:
/// "baseline-conflict".
Baseline merged(Baseline ours, const Baseline& theirs, std::string_view file, std::vector<core::Diagnostic>& troubles);

}  // namespace envlock::probe
