#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "envlock/conda/index.h"
#include "envlock/conda/platform.h"
#include "envlock/conda/request.h"
#include "envlock/conda/solution.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/time.h"

namespace envlock::resolve {

struct CondaOptions {
  conda::ChannelPriority priority = conda::ChannelPriority::strict;
  std::vector<conda::VirtualPackage> virtual_packages;
  /// Locked records to stay with where they fit; the solution changes least. Matched by channel, subdir and file name.
  std::vector<conda::PackageRecord> favored;
  /// Names that get their best record first, before anything favored is kept: `--update NAME`. Leave their locked
  /// records out of `favored`.
  std::vector<std::string> updated;
  /// Only for explanations: records newer than this were left out of the index.
  std::optional<core::Milliseconds> exclude_newer;
  /// What a `channel::` prefix of a request means: its text -> canonical bases. Others compare by name and base.
  std::map<std::string, std::vector<std::string>> channel_bases;
  bool taint_rule = true;  ///< off: mamba's order exactly
};

using Outcome = std::variant<conda::Solution, conda::Conflict>;

/// Chooses one record a name so that every request, depend and constrain holds, best first by this order: channel
/// priority, fewest track_features, version, build number, not tainted, build string as a version, timestamp, build
/// bytes, file name; requests decide in order of their names, so the order of lines does not matter.
/// Unreachable packages are not in the solution. Virtual packages are facts, not part of it.
/// Throws: core::Error "solver-bug" when the independent checker refuses the solver's answer.
Outcome conda(const std::vector<conda::Request>& requests, const conda::Index& index, const CondaOptions& options,
              core::Notes& notes);

/// The independent checker: every broken rule as one sentence; empty when all holds. Shares no code with the solver
/// beyond MatchSpec.
std::vector<std::string> check(const std::vector<conda::Request>& requests,
                               const std::vector<conda::PackageRecord>& records, const CondaOptions& options);

}  // namespace envlock::resolve
