#pragma once

#include <string>
#include <utility>
#include <vector>

#include "envlock/probe/run_document.h"

namespace envlock::probe {

/// The processors that this process may run on, by number, ascending; never empty.
std::vector<int> allowed_processors();

/// How many threads a run should use: one for each allowed processor, or fewer where a control group's quota is less.
int usable_threads();

/// Binds the calling thread to one processor. False where the system refuses.
bool pin_to_processor(int processor);

/// The processor's name as the system gives it; "unknown processor" when it does not.
std::string processor_name();

/// The variables of the environment that change what numerical libraries compute, sorted by name.
std::vector<std::pair<std::string, std::string>> numeric_environment();

/// Single operations against constants, in the calling thread and in `threads - 1` new ones, with the floating-point
/// environment that each of them has.
std::vector<Canary> run_canaries(int threads);

}  // namespace envlock::probe
