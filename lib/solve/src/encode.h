#pragma once

#include <optional>
#include <span>
#include <vector>

#include "envlock/solve/solver.h"

namespace envlock::solve {

/// Hands the live part of a problem to libsolv. `alive` by candidate.
std::optional<Picks> solve_with_libsolv(const Problem& problem, std::span<const JobId> jobs,
                                        const std::vector<bool>& alive, Encoding encoding);

}  // namespace envlock::solve
