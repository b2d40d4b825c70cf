#pragma once

#include <string>
#include <vector>

#include "envlock/conda/package_record.h"
#include "envlock/core/diagnostic.h"

namespace envlock::conda {

/// What was chosen for one platform: sorted by name, one record a name, checked against every request, depend and
/// constrain by a checker that shares no code with the solver.
struct Solution {
  std::vector<PackageRecord> records;
};

/// Why no choice exists, ready to be shown: short, in the user's own lines, with a remedy.
struct Conflict {
  core::Diagnostic diagnostic;  ///< code "no-solution" or "no-such-package"
  /// A small set of requests (indexes into the requests given) that cannot be met together; sorted.
  std::vector<std::size_t> core;
};

}  // namespace envlock::conda
