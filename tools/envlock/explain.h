// Why a tier computes other bits than were accepted: found by running it again with the suspected cause changed.
#pragma once

#include <chrono>
#include <deque>
#include <string>
#include <vector>

#include "envlock/report/tier_report.h"
#include "replays.h"

namespace envlock::tools {

/// What the search for a cause works from.
struct ExplainSettings {
  double seconds = 20;           ///< for each difference; 0: no replay
  std::vector<std::string> isa;  ///< this processor's
  std::string command;           ///< how to run this again, for another machine
};

/// Looks for the causes of the differences of one environment.
class Explainer {
 public:
  Explainer(TierRequest request, ExplainSettings settings);

  /// Adds to `answer` the changes with which the tier computes what was accepted. Variables that are others than when
  /// it was accepted come first: where they are the cause, nothing else is asked. Then every single change that the
  /// library or the framework knows; where none will do, pairs of them, then triples. Changes that this machine cannot
  /// make are told apart.
  void explain(const probe::AcceptedTier& accepted, report::TierAnswer& answer);
  /// The first part of that alone. True where it found the cause.
  bool explain_by_variables(const probe::AcceptedTier& accepted, report::TierAnswer& answer);

 private:
  /// One difference.
  struct Case {
    const probe::AcceptedTier& accepted;
    report::TierAnswer& answer;
  };
  struct Tried {
    blas::Change change;
    Replay replay;
    bool is_single = false;  ///< a part for combinations
  };

  void begin();
  blas::Situation situation_of(const Case& of) const;
  double seconds_left() const;
  const Tried* attempt(const blas::Change& change, const Case& of);
  std::vector<blas::Change> reduced(std::vector<blas::Change> parts, const Case& of);
  bool try_variables(const Case& of);
  void explain_by_singles(const std::vector<blas::Change>& changes, const Case& of);
  void explain_by_combinations(std::size_t size, const Case& of);
  std::vector<Tried> nearest_singles() const;
  static std::vector<blas::Change> combinations(const std::vector<Tried>& parts, std::size_t size);

  TierRequest request_;
  ExplainSettings settings_;
  std::map<std::string, std::string> environment_;  ///< what the children have
  Replays replays_;
  std::chrono::steady_clock::time_point begin_;
  std::deque<Tried> tried_;  ///< of the difference at hand; pointers into it stay good
};

}  // namespace envlock::tools
