#pragma once

#include <string>
#include <vector>

#include "exit.h"
#include "output.h"

namespace envlock::tools {

/// Finds the records of `envlock run` whose outputs have the bytes of `artifact`: in `folders`, else in `.envlock/runs`
/// beside the lock.
Exit run_why_artifact(const std::string& artifact, const std::string& lock, const std::vector<std::string>& folders,
                      Out& out);

}  // namespace envlock::tools
