#pragma once

#include <string_view>
#include <vector>

#include "envlock/core/digest.h"
#include "envlock/probe/plan.h"

namespace envlock::probe {

/// The op digests that a size must give: of the initial state, then of every step, in the order of the plan.
struct Golden {
  std::vector<std::vector<core::Sha256>> steps;
};

/// The golden digests that the program carries; none for a size that the page does not list.
/// Throws: Error "golden-malformed" when they do not fit the plan: this program was built from changed sources.
Golden read_golden(const Plan& plan);

/// Reads the text of a golden file: lines `STEP NAME HEX`, `#` begins a remark; roots and chains are passed over.
Golden parse_golden(std::string_view text, const Plan& plan);

}  // namespace envlock::probe
