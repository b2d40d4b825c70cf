#pragma once

#include <functional>

#include "envlock/resolve/pypi.h"

namespace envlock::resolve {

/// Adds what would help to a conflict's hints: a line of it without its bounds, or left out. Only what was solved is
/// proposed; `solve` answers a changed problem.
void add_remedies(const PypiProblem& problem, PypiConflict& conflict,
                  const std::function<PypiOutcome(const PypiProblem&)>& solve);

}  // namespace envlock::resolve
