#pragma once

namespace envlock::prefix {

/// Tells the hook of set_fault_hook that `step` comes next. Nothing at all when there is no hook.
void fault_point(const char* step);

}  // namespace envlock::prefix
