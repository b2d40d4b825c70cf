#pragma once

#include <optional>
#include <string>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/probe/tier_run.h"
#include "envlock/report/report.h"

namespace envlock::report {

/// What is wrong with a tier's run taken alone, in one diagnostic: "tier-fp-environment", "tier-wrong",
/// "tier-unstable", "tier-crashed", "tier-hung", "tier-unusable"; absent when it is consistent. `culprits`: files that
/// change the floating-point environment when they are loaded, as far as they were found.
std::optional<core::Diagnostic> tier_finding(const probe::TierRun& run, const std::vector<std::string>& culprits);

/// One line for people: "  ok  numpy       libopenblasp-r0.3.21.so, SkylakeX: the same twice, nothing wrong", and
/// below it the order of its sums and what depends on addresses or rows. Ends with LF.
std::string text_tier(const probe::TierRun& run, const Style& style);

}  // namespace envlock::report
