#pragma once

#include <string>
#include <vector>

#include "envlock/lock/import.h"

namespace envlock::tools {

/// The picks of a lock of any tool, or of the environment that a folder is: its conda packages, and the distributions
/// that something else than conda brought there and that have a version of an index.
std::vector<lock::Preference> read_like(const std::string& source, core::Notes& notes);

}  // namespace envlock::tools
