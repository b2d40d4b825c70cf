#pragma once

#include "envlock/diff/diff.h"

namespace envlock::diff {

/// What two snapshots compute: adds the parts of the probe that differ, with what else differs of what they depend on,
/// and counts those that do not. Where only one side was probed, a remark says so.
void compare_computed(const Inventory& from, const Inventory& to, Diff& diff);

}  // namespace envlock::diff
