// `envlock verify --probe`: does the environment compute what was accepted?
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "envlock/report/tier_report.h"
#include "exit.h"
#include "output.h"

namespace envlock::tools {

struct ProbeGateArgs {
  bool probe = false;
  bool accept = false;
  std::string baseline;       ///< --baseline; "": envlock.baseline.json beside the lock
  std::string unknown_class;  ///< "notice" or "fail"
  int threads = 1;            ///< of the libraries
  int repeat = 1;
  double explain_seconds = 20;  ///< for replays; 0: none
};

/// Runs the probe's tiers in `prefix`, holds them against the baseline, explains what differs, and writes the baseline
/// where it was accepted. `lock`: the lock's file, or "".
/// Throws: core::Error of the baseline, "probe-not-accepted" where there is something that nobody should accept.
report::ProbeGate run_probe_gate(const std::filesystem::path& prefix, const std::filesystem::path& lock,
                                 const std::map<std::string, std::string>& lock_variables, const ProbeGateArgs& args,
                                 Out& out);

}  // namespace envlock::tools
