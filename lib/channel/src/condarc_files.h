#pragma once

#include <filesystem>
#include <vector>

#include "envlock/channel/condarc.h"

namespace envlock::channel {

/// The .condarc files that exist, lowest precedence first.
/// Source: conda's documentation, "Searching for .condarc".
std::vector<std::filesystem::path> find_condarc_files(const CondarcEnvironment& environment, core::Notes& notes);

}  // namespace envlock::channel
