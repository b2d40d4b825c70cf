#pragma once

#include <vector>

#include "envlock/lock/lock.h"
#include "pip_view.h"

namespace envlock::lock {

/// The PyPI half of `make`: lines, options and distributions, sorted, each once.
void add_pip(Lock& lock, const PipInput& pip, const std::vector<PlatformSolution>& solutions);
/// Those of a solution, as indexes, in order; without categories.
std::vector<PlatformDistribution> distributions_on(const Lock& lock, const PlatformSolution& solution);

/// What could be written but not read again.
std::vector<core::Diagnostic> pip_faults(const Lock& lock);

/// Leaves out what no line reaches, and says of the rest by which categories and with which extras it is reached.
void keep_reached(LockedPlatform& platform, const PipReach& reach);
void drop_unused_distributions(Lock& lock);

}  // namespace envlock::lock
