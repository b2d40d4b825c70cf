// A minimal set of jobs without an answer. First the derivation of a pruning is walked backwards: only the jobs that it
// rests on matter, usually two or three. What is left is minimised by leaving out one job after the other.
#include <algorithm>

#include "envlock/solve/solver.h"

namespace envlock::solve {
namespace {

/// The jobs which the emptied name of a pruning rests on.
class Trace {
 public:
  Trace(const Problem& problem, const Pruned& pruned) : problem_(problem), pruned_(pruned) {
    name_step_.resize(problem.names.size(), 0);
    is_candidate_seen_.resize(problem.candidates.size());
    is_mandate_seen_.resize(problem.names.size());
    is_job_.resize(problem.jobs.size());
  }

  std::vector<bool> run() {
    const NameId name = *pruned_.emptied;
    add_mandate(name);
    add_removals_of(name, ~std::uint32_t{0});
    while (!candidates_.empty() || !mandates_.empty()) {
      if (!candidates_.empty()) {
        const CandidateId id = candidates_.back();
        candidates_.pop_back();
        follow(id, pruned_.removals[id]);
      } else {
        const NameId next = mandates_.back();
        mandates_.pop_back();
        follow(pruned_.mandates[next]);
      }
    }
    return std::move(is_job_);
  }

 private:
  void add_candidate(CandidateId id) {
    if (pruned_.alive(id) || is_candidate_seen_[id]) return;
    is_candidate_seen_[id] = true;
    candidates_.push_back(id);
  }

  void add_mandate(NameId name) {
    if (is_mandate_seen_[name] || pruned_.mandates[name].cause == Mandate::Cause::none) return;
    is_mandate_seen_[name] = true;
    mandates_.push_back(name);
  }

  /// The removals of a name's candidates that came before a step.
  void add_removals_of(NameId name, std::uint32_t before) {
    if (name_step_[name] >= before) return;
    name_step_[name] = before;
    for (const CandidateId id : problem_.names[name]) {
      if (pruned_.removals[id].step < before) add_candidate(id);
    }
  }

  void follow(CandidateId id, const Removal& removal) {
    switch (removal.cause) {
      case Removal::Cause::none:
      case Removal::Cause::excluded:
        break;
      case Removal::Cause::job:
        is_job_[removal.job] = true;
        break;
      case Removal::Cause::limit:
        if (problem_.sets[removal.set].name != problem_.candidates[id].name)
          add_mandate(problem_.sets[removal.set].name);
        [[fallthrough]];
      case Removal::Cause::need:
        for (const CandidateId member : problem_.sets[removal.set].members) {
          if (pruned_.removals[member].step < removal.step) add_candidate(member);
        }
        break;
      case Removal::Cause::other_needs:
        add_mandate(removal.by);
        add_removals_of(removal.by, removal.step);
        break;
    }
  }

  void follow(const Mandate& mandate) {
    if (mandate.cause == Mandate::Cause::job) is_job_[mandate.job] = true;
    if (mandate.cause == Mandate::Cause::needed) {
      add_mandate(mandate.by);
      add_removals_of(mandate.by, mandate.step);
    }
  }

  const Problem& problem_;
  const Pruned& pruned_;
  std::vector<std::uint32_t> name_step_;
  std::vector<bool> is_candidate_seen_;
  std::vector<bool> is_mandate_seen_;
  std::vector<bool> is_job_;
  std::vector<CandidateId> candidates_;
  std::vector<NameId> mandates_;
};

std::vector<JobId> joined(std::span<const JobId> fixed, std::span<const JobId> jobs) {
  std::vector<JobId> all(fixed.begin(), fixed.end());
  all.insert(all.end(), jobs.begin(), jobs.end());
  std::sort(all.begin(), all.end());
  return all;
}

/// Leaves out jobs which pruning shows to be beside the point, until it shows no more.
std::vector<JobId> shrink_by_trace(const Pruner& pruner, std::span<const JobId> fixed, std::vector<JobId> jobs) {
  while (true) {
    const std::vector<bool> is_used = jobs_behind(pruner, joined(fixed, jobs));
    if (is_used.empty()) return jobs;
    const std::size_t before = jobs.size();
    jobs.erase(std::remove_if(jobs.begin(), jobs.end(), [&](JobId job) { return !is_used[job]; }), jobs.end());
    if (jobs.size() == before) return jobs;
  }
}

}  // namespace

std::vector<bool> jobs_behind(const Pruner& pruner, std::span<const JobId> jobs) {
  const Pruned pruned = pruner.run(jobs, PruneLevel::full);
  if (!pruned.emptied) return {};
  return Trace(pruner.problem(), pruned).run();
}

std::vector<JobId> minimal_core(const Pruner& pruner, std::span<const JobId> fixed, std::span<const JobId> jobs,
                                std::size_t budget) {
  std::vector<JobId> core = shrink_by_trace(pruner, fixed, {jobs.begin(), jobs.end()});
  // Blocks of jobs are left out first, half as large each round, so that a small core among many jobs is found fast.
  for (std::size_t block = std::max<std::size_t>(core.size() / 2, 1);; block /= 2) {
    for (std::size_t at = 0; at < core.size() && budget > 0;) {
      const std::size_t end = std::min(at + block, core.size());
      std::vector<JobId> rest(core.begin(), core.begin() + static_cast<std::ptrdiff_t>(at));
      rest.insert(rest.end(), core.begin() + static_cast<std::ptrdiff_t>(end), core.end());
      --budget;
      if (is_solvable(pruner, joined(fixed, rest))) {
        at = end;
      } else {
        core = shrink_by_trace(pruner, fixed, std::move(rest));
        at = std::min(at, core.size());
      }
    }
    if (block <= 1) break;
  }
  std::sort(core.begin(), core.end());
  return core;
}

}  // namespace envlock::solve
