#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/probe/baseline.h"
#include "envlock/probe/pins.h"
#include "envlock/probe/run_document.h"
#include "envlock/probe/tier_run.h"
#include "envlock/report/report.h"

namespace envlock::report {

/// A change of the environment with which the tier computed what was accepted.
struct Explanation {
  std::string cause;
  std::string remedy;  ///< one line to put somewhere, or one command
};

/// A tier's run, and how it stands to what was accepted.
struct TierAnswer {
  enum class Standing {
    alone,            ///< there is no baseline, or none that can be believed
    unknown_class,    ///< the baseline does not know this class of hardware
    unknown_subject,  ///< it knows the class, but not this tier of this subject
    accepted,         ///< every digest is the accepted one
    differs           ///< one is not
  };
  probe::TierRun run;
  /// The class of hardware that its bits belong to: the gate's own, but for a tier that computes on a GPU.
  probe::HardwareClass hardware = {};
  std::string device;                 ///< "cuda:0"; "" on the processor
  std::vector<std::string> culprits;  ///< files that change the floating-point environment when they are loaded
  Standing standing = Standing::alone;
  probe::TierComparison comparison;     ///< where it differs, or was accepted
  std::vector<std::string> components;  ///< of a tier with single ops: those whose ops differ, sorted
  /// Of these ops those that could not be computed, and were when it was accepted: why.
  std::vector<std::pair<std::string, std::string>> refused;
  std::vector<probe::SumOrder> accepted_orders;
  std::vector<std::pair<std::string, std::string>> accepted_details;
  std::vector<Explanation> explanations;  ///< those that a replay confirmed, the likeliest first
  std::vector<Explanation> elsewhere;     ///< those that this machine cannot replay
  int replays = 0;                        ///< how many were tried
};

/// What was accepted of a tier that is not there any more.
struct MissingTier {
  std::string tier, subject;
  std::vector<std::string> gone_packages;  ///< whose files it had mapped, and which the environment has no more
};

/// A variable that would settle what a library takes, and what was found when the tiers ran under it.
struct PinProof {
  enum class State {
    named,          ///< the library says that it takes what the variable names
    changes,        ///< without it other bits come out
    no_difference,  ///< without it the same bits come out: it was not seen to do anything here
    ignored,        ///< the library says that it takes something else
    refused         ///< a tier fails under it
  };
  probe::Pin pin;
  State state = State::no_difference;
  std::string kernel;           ///< as the library says
  std::uint64_t differing = 0;  ///< digests that are others without it

  bool is_proposed() const { return state != State::ignored && state != State::refused; }
};

/// The tiers under a setting that makes this machine look like another one.
struct MachineCheck {
  std::string setting;  ///< "OPENBLAS_L2_SIZE=256"
  bool same = false;
};

/// What `--portable` found: variables with which one class serves more machines.
struct Portable {
  std::vector<PinProof> pins;
  std::vector<std::string> unknown;              ///< libraries of which it is not known how they choose
  bool consistent = true;                        ///< the tiers ran well under the pins
  probe::HardwareClass today;                    ///< this machine's class without them
  std::optional<probe::HardwareClass> hardware;  ///< with them; absent where something still chooses
  std::vector<MachineCheck> checks;

  bool all_same() const;
};

/// What `envlock verify --probe` found.
struct ProbeGate {
  probe::RunDocument reference;
  std::vector<TierAnswer> tiers;
  probe::HardwareClass hardware;
  std::string baseline;       ///< the file, as the user knows it
  bool has_baseline = false;  ///< one that can be believed, at least in part
  /// What of the file cannot be: "baseline-edited", "baseline-spec", ...
  std::vector<core::Diagnostic> baseline_troubles;
  bool knows_class = false;
  /// Why the environment's cuBLAS was not run; "" where it was, or there is none.
  std::string gpu_skipped;
  std::vector<probe::GpuClass> gpus_elsewhere;  ///< that the baseline knows and this machine has not
  bool unknown_class_fails = false;             ///< the policy
  bool accepted = false;                        ///< it was written just now
  std::vector<MissingTier> missing;
  /// The environment has the packages and the files that its lock names: what differs, the lock brought.
  bool holds_lock = false;
  std::string lock;                             ///< the lock's file, as the user knows it
  std::map<std::string, std::string> packages;  ///< name -> version, of the environment
  std::string command;                          ///< "envlock verify --probe", for hints
  std::size_t superseded = 0;                   ///< classes that the one that was written covers, and took the place of
  std::optional<Portable> portable;
};

/// A finding of the gate: an error says no, a warning that we cannot tell, a note neither.
struct GateFinding {
  Kind kind = Kind::note;
  core::Diagnostic diagnostic;
};
/// Order: the reference's, then tier by tier, then the baseline's.
std::vector<GateFinding> gate_findings(const ProbeGate& gate);

/// What is wrong with a tier's run taken alone, in one diagnostic: "tier-fp-environment", "tier-wrong",
/// "tier-unstable", "tier-crashed", "tier-hung", "tier-unusable"; absent when it is consistent. `culprits`: files that
/// change the floating-point environment when they are loaded, as far as they were found.
std::optional<core::Diagnostic> tier_finding(const probe::TierRun& run, const std::vector<std::string>& culprits);

/// One line for people: "  ok  numpy       libopenblasp-r0.3.21.so, kernel SkylakeX: ...", and below it the order of
/// its sums and what depends on addresses or rows. Ends with LF.
std::string text_tier(const TierAnswer& answer, const Style& style);

/// For people: the lines for environment.yml, what showed that they work, and what could not be shown. Ends with LF.
std::string text_portable(const Portable& portable, const std::string& command, const Style& style);

/// For people: a line or two for each part; gate_findings has the rest. Ends with LF.
std::string text_probe_gate(const ProbeGate& gate, const Style& style);

}  // namespace envlock::report
