#pragma once

#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/lock/lock.h"
#include "lock_args.h"
#include "lock_solve.h"

namespace envlock::tools {

/// The conflicts of all platforms, those that say the same as one, with what the run itself left out: records behind a
/// cut-off, names that a saved index lacks.
std::vector<core::Diagnostic> tell_conflicts(const std::vector<PlatformOutcome>& outcomes, const LockArgs& args,
                                             const lock::Options& options);

}  // namespace envlock::tools
