#pragma once

#include <string>
#include <vector>

#include "envlock/channel/repository.h"
#include "lock_solve.h"

namespace envlock::tools {

/// What a user should know of a choice that is right but may surprise: a cpu build where a CUDA build exists, a CUDA
/// build for machines without CUDA, records without a time under a cut-off, no SHA-256. One note of a kind.
void note_surprises(const PlatformOutcome& outcome, const conda::Index& index, const lock::Options& options,
                    core::Notes& notes);

/// Fetches the files whose index records carry no SHA-256 and fills it in (after the md5 check, where there is one).
/// Returns their file names, for lock::make.
/// Throws: core::Error "hash-unknown" under --offline, or what the download failed with.
std::vector<std::string> compute_missing_hashes(std::vector<PlatformOutcome>& outcomes, const IndexSource& source,
                                                const lock::Lock* previous, bool offline, fetch::Fetcher& fetcher,
                                                core::Notes& notes);

}  // namespace envlock::tools
