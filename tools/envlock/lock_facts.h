#pragma once

#include <string>
#include <vector>

#include "envlock/channel/repository.h"
#include "lock_solve.h"

namespace envlock::tools {

/// Finds what is right but may surprise in the picks of a platform.
Surprises find_surprises(const conda::Platform& platform, const conda::Solution& solution, const conda::Index& index,
                         const lock::Options& options);

/// One note of a kind, with the platforms that it concerns. `kept`, the lock whose picks were kept, may be the reason.
void note_surprises(const std::vector<PlatformOutcome>& outcomes, const lock::Lock* kept, core::Notes& notes);

/// Fetches the files whose index records carry no SHA-256 and fills it in (after the md5 check, where there is one).
/// Returns their file names, for lock::make.
/// Throws: core::Error "hash-unknown" when a file cannot be had: under --offline, say, unless its channel is a folder.
std::vector<std::string> compute_missing_hashes(std::vector<PlatformOutcome>& outcomes, const IndexSource& source,
                                                const lock::Lock* previous, fetch::Fetcher& fetcher,
                                                core::Notes& notes);

}  // namespace envlock::tools
