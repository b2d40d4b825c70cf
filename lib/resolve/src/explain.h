#pragma once

#include <vector>

#include "catalog.h"
#include "envlock/conda/solution.h"

namespace envlock::resolve {

/// Why requests that have no solution have none, in the user's own lines, with a remedy where there is one.
conda::Conflict explain(Catalog& catalog, const std::vector<conda::Request>& requests);

}  // namespace envlock::resolve
