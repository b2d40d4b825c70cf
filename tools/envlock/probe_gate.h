// `envlock verify --probe`: does the environment compute what was accepted?
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "envlock/report/tier_report.h"
#include "exit.h"
#include "output.h"

namespace envlock::tools {

struct ProbeGateArgs {
  bool probe = false;
  bool accept = false;
  bool portable = false;
  std::string baseline;       ///< --baseline; "": envlock.baseline.json beside the lock
  std::string unknown_class;  ///< "notice" or "fail"
  int threads = 1;            ///< of the libraries
  int repeat = 1;
  double explain_seconds = 20;                     ///< for replays; 0: none
  double most_seconds = 60;                        ///< for one process that runs a library
  std::string command = "envlock verify --probe";  ///< for hints: how to run this again
};

/// The lock's own file behind a path of a package, unpacked and checked; absent when no archive is at hand.
using LockedFile =
    std::function<std::optional<std::filesystem::path>(const std::string& package, const std::string& path)>;

/// What the gate knows of the lock; all empty without one.
struct GateLock {
  std::filesystem::path file;
  std::map<std::string, std::string> variables;
  LockedFile locked_file;
  std::string repair;  ///< the command that puts the lock's files back
  /// The packages and files of the prefix are those of the lock, as far as was proved.
  bool holds = false;
};

/// Runs the probe's tiers in `prefix`, holds them against the baseline, explains what differs, and writes the baseline
/// where it was accepted.
/// A baseline that cannot be believed is told; the rest is done all the same.
/// Throws: core::Error of a baseline that --accept would overwrite, "probe-not-accepted" where there is something that
/// nobody should accept.
report::ProbeGate run_probe_gate(const std::filesystem::path& prefix, const GateLock& lock, const ProbeGateArgs& args,
                                 Out& out);

}  // namespace envlock::tools
