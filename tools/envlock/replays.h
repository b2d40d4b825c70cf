// A tier, run again with something of its environment changed, and held against what was accepted.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "envlock/blas/replay.h"
#include "probe_tiers.h"

namespace envlock::tools {

/// What came of a replay.
struct Replay {
  bool same = false;  ///< every digest of step, battery and the rest, and the order of sums
  /// Digests that are not the accepted ones; where it stopped after its battery those until there, and more than any
  /// run has; the most there is where it did not run.
  std::uint64_t differing = 0;
};

/// The environment that such a request gives to a child, by name.
std::map<std::string, std::string> effective_environment(const TierRequest& request);

/// Replays of one environment. Each is run once, whoever asks: one run of python answers for all its variants.
class Replays {
 public:
  explicit Replays(TierRequest request);

  /// Ends a process that takes longer than `most_seconds`.
  Replay attempt(const blas::Change& change, const probe::AcceptedTier& accepted, const probe::TierRun& now,
                 double most_seconds);

 private:
  const std::vector<probe::TierRun>& run(const blas::Change& change, const probe::AcceptedTier& accepted,
                                         const probe::TierRun& now, double most_seconds);

  TierRequest request_;
  /// By subject (of the tiers of python: the device, or none), variables and threads.
  std::map<std::tuple<std::string, std::map<std::string, std::optional<std::string>>, int>, std::vector<probe::TierRun>>
      runs_;
};

}  // namespace envlock::tools
