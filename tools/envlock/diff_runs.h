#pragma once

#include <string>
#include <vector>

#include "diff_sources.h"
#include "exit.h"
#include "output.h"

namespace envlock::tools {

/// Runs of the probe: where two part, or which of several agree. `html`: a file to write a page to; "" for none.
Exit compare_runs(const std::vector<DiffSource>& sources, const std::string& html, Out& out);

}  // namespace envlock::tools
