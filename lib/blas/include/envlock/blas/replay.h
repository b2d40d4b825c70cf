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

/// The same variables and threads, whatever the words.
bool same(const Change& left, const Change& right);

/// All of them at once; absent when two of them set one thing, or one cannot be made here.
std::optional<Change> combined(const std::vector<Change>& changes);

struct Situation {
  const probe::TierRun* now = nullptr;
  const probe::AcceptedTier* accepted = nullptr;   ///< null: what was accepted is not known
  std::map<std::string, std::string> environment;  ///< of the process that ran it
  std::vector<std::string> isa;                    ///< this machine's, sorted
};

/// The variables that set the number of threads of the libraries.
const std::vector<std::string>& thread_variables();

/// Those variables of an environment that change what libraries compute or which ones are loaded; numbers of threads
/// where they are not `threads`.
std::map<std::string, std::string> steering_variables(const std::map<std::string, std::string>& environment,
                                                      int threads);

/// Single changes to how the run was accepted: variables that steer and are set now, were set then, or have another
/// value.
std::vector<Change> changed_variables(const Situation& situation);

/// Single changes that the library knows: the kernel that the baseline names, its other kernels, numbers of threads.
/// No two have the same variables and threads.
std::vector<Change> suspects(const Situation& situation);

}  // namespace envlock::blas
