#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "conda_lock_hash.h"

namespace envlock::lock {

/// A line of a `pip:` list as conda-lock 4.0 reads it: name, extras and clauses as written. Absent for what it leaves
/// out ("-e ./pkg") or cannot read (options, paths).
std::optional<CondaLockDependency> conda_lock_pip_dependency(std::string_view line, const std::string& category);

}  // namespace envlock::lock
