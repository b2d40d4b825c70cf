// What an environment and its machine compute, for a snapshot.
#pragma once

#include <filesystem>
#include <optional>

#include "envlock/probe/computed.h"
#include "output.h"

namespace envlock::tools {

struct SnapshotProbeArgs {
  bool probe = false;
  int threads = 1;  ///< of the libraries
  int repeat = 1;
  double most_seconds = 60;  ///< for one process that runs a library
};

/// The reference run, and the tiers of the environment where there is one: made fit to be given away. Digests of files
/// are those of their bytes before a prefix was written into them. Throws: as run_reference.
probe::Computed compute_for_snapshot(const std::optional<std::filesystem::path>& prefix, const SnapshotProbeArgs& args,
                                     Out& out);

}  // namespace envlock::tools
