#pragma once

#include <filesystem>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/lock/lock.h"
#include "pip_inputs.h"

namespace envlock::tools {

/// What lies in folders and files beside the lock and is no longer what was locked: of a folder what its pyproject.toml
/// says of name, version and needs, of a wheel its hash. "stale-place", one for each folder or file. Reads nothing else
/// of a folder, and runs nothing. Throws: core::Error "place-twice".
std::vector<core::Diagnostic> check_local_places(const PipInputs& inputs, const lock::Lock& lock,
                                                 const std::filesystem::path& lock_folder);

}  // namespace envlock::tools
