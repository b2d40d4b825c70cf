// The ops that differ tell what computed them, and so what to try again with another setting.
// Source: docs/probe-tiers.md, "Ops" and "What steers a component".
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "envlock/probe/baseline.h"
#include "envlock/probe/tier_run.h"

namespace envlock::torch {

/// The components (of an op's name the part before the first dot) that have ops with other digests than were accepted,
/// sorted. Ops that only one side has are left out: another version of the framework has others.
std::vector<std::string> differing_components(const probe::AcceptedSection& accepted, const probe::Section& now);

/// A way to run the program again, in which the framework may take other code.
struct Setting {
  std::map<std::string, std::string> variables;
  int threads = 0;    ///< of torch; 0: as before
  std::string needs;  ///< what the processor must have for it, as /proc/cpuinfo has it: "avx2"; empty: any

  bool operator==(const Setting&) const = default;
};

/// The settings that steer the components given: singles, the ones first that the accepted details name (`kernel`, the
/// instruction set), then the known combinations. Which of them this processor can do is the caller's to see. `now` is
/// the run that differs: its tier, details and mapped files say what there is to steer.
std::vector<Setting> settings_to_try(const std::vector<std::string>& components, const probe::TierRun& now,
                                     const std::vector<std::pair<std::string, std::string>>& accepted_details);

}  // namespace envlock::torch
