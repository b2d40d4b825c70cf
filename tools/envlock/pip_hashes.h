#pragma once

#include <filesystem>
#include <vector>

#include "envlock/fetch/fetcher.h"
#include "lock_solve.h"
#include "pip_inputs.h"

namespace envlock::tools {

/// Fetches the chosen files whose index states no SHA-256, and hashes them.
/// Throws: core::Error "hash-unknown".
void hash_files(std::vector<PlatformOutcome>& outcomes, const PipInputs& inputs,
                const std::filesystem::path& lock_folder, fetch::Fetcher& fetcher);

}  // namespace envlock::tools
