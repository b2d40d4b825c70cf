// Digests of the files of an environment that its tiers had mapped.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "envlock/probe/tier_run.h"

namespace envlock::tools {

/// Each file is read once, whatever the number of runs: a torch for CUDA maps gigabytes, and every run of it the same.
class MappedDigests {
 public:
  explicit MappedDigests(std::filesystem::path prefix);

  /// Sets the digests of the files that lie in the prefix. Those that are not there any more are taken out.
  void add_to(probe::TierRun& run);

 private:
  std::filesystem::path prefix_;
  std::map<std::string, std::optional<core::Sha256>> digests_;
};

}  // namespace envlock::tools
