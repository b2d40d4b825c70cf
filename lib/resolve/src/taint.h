#pragma once

#include <vector>

#include "catalog.h"

namespace envlock::resolve {

/// By record: it has track_features, or some depend or constrain whose matching records (there are some) are all
/// tainted. It keeps a build that needs a free-threaded python from winning by the accident of its build string.
std::vector<bool> find_tainted(Catalog& catalog);

}  // namespace envlock::resolve
