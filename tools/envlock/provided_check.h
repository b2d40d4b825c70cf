#pragma once

#include <filesystem>

#include "envlock/core/diagnostic.h"
#include "lock_target.h"

namespace envlock::tools {

/// Holds the dist-info folders that conda packages really brought against what the lock took them for when it chose
/// the rest: a warning "conda-distribution-differs" for each package of which that was wrong, as far as the `pip:`
/// section speaks of it. Locks of other tools say nothing of the kind.
void check_provided(const std::filesystem::path& prefix, const LockTarget& lock, core::Notes& notes);

}  // namespace envlock::tools
