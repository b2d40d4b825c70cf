// Which changes of an environment could explain that a library computes other bits than were accepted. Each is a guess
// until the tier, run again with it, gives the accepted digests: then it is the cause, or as good as.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "envlock/probe/baseline.h"
#include "envlock/probe/tier_run.h"

namespace envlock::blas {

struct Change {
  /// To set; absent: to unset.
  std::map<std::string, std::optional<std::string>> variables;
  int threads = 0;        ///< 0: as many as before
  std::string elsewhere;  ///< not empty: this machine cannot do it, because it lacks this
  std::string cause;      ///< "`OPENBLAS_CORETYPE=Haswell` is set here"
  std::string remedy;     ///< one line: what to put where
};

struct Situation {
  const probe::TierRun* now = nullptr;
  const probe::AcceptedTier* accepted = nullptr;
  std::map<std::string, std::string> environment;  ///< of the run, `variables` of the prefix included
  std::vector<std::string> isa;                    ///< this machine's, sorted
};

/// The variables that are set and steer libraries, to be unset: one by one, then all together.
std::vector<Change> set_variables(const Situation& situation);

/// Order: what the inventory supports first: variables that are set and steer kernels, the kernel that the baseline
/// names, then the library's other kernels, then threads; singles before pairs. No two have the same variables and
/// threads.
std::vector<Change> suspects(const Situation& situation);

}  // namespace envlock::blas
