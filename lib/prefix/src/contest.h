#pragma once

#include <string>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "plan.h"

namespace envlock::prefix {

/// Of the files that want one path, leaves the one whose rank is highest (and of one package's the first), and tells
/// where they differ. `plan.files` need not be sorted, and is after.
void decide_contests(Plan& plan, core::Notes& notes);

}  // namespace envlock::prefix
