// `--portable`: variables with which more machines compute the same, each tried here.
#pragma once

#include <vector>

#include "envlock/report/tier_report.h"
#include "probe_tiers.h"

namespace envlock::tools {

/// All tiers of an environment: its libraries' and its python's.
std::vector<probe::TierRun> run_all_tiers(const TierRequest& request, core::Notes& notes);

/// Runs the tiers as if this processor had another cache, and nothing newer than the class has, as far as a process can
/// be made to believe it: whether they compute what `runs` did. `reduced`: the class that is to hold.
std::vector<report::MachineCheck> check_other_machines(const TierRequest& request,
                                                       const std::vector<probe::TierRun>& runs,
                                                       const probe::HardwareClass& reduced);

/// Proposes variables for the libraries that these runs used, and runs the tiers under them. `full`: this machine's
/// class without them.
report::Portable prove_portable(const TierRequest& request, const std::vector<probe::TierRun>& runs,
                                const probe::HardwareClass& full);

}  // namespace envlock::tools
