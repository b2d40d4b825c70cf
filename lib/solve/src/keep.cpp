#include "envlock/solve/solver.h"

#include <algorithm>

namespace envlock::solve {
namespace {

/// Tries all at once, then halves, so that a few that must go are found in a few attempts.
class Keeper {
 public:
  Keeper(const Pruner& pruner, std::span<const JobId> jobs, std::span<const CandidateId> wanted,
         const Exclusion& excluded, std::size_t budget)
      : pruner_(pruner), jobs_(jobs), wanted_(wanted), excluded_(excluded), budget_(budget) {
    excluded_.resize(pruner.problem().candidates.size());
    kept_.resize(wanted.size());
  }

  std::vector<bool> run() {
    grow(0, wanted_.size());
    return std::move(kept_);
  }

 private:
  void grow(std::size_t begin, std::size_t end) {
    if (begin == end || budget_ == 0) return;
    --budget_;
    Exclusion tried = excluded_;
    for (std::size_t i = begin; i < end; ++i) exclude_others(pruner_.problem(), wanted_[i], tried);
    if (is_solvable(pruner_, jobs_, tried)) {
      excluded_ = std::move(tried);
      std::fill(kept_.begin() + static_cast<std::ptrdiff_t>(begin), kept_.begin() + static_cast<std::ptrdiff_t>(end),
                true);
      return;
    }
    if (end - begin == 1) return;
    const std::size_t middle = begin + (end - begin) / 2;
    grow(begin, middle);
    grow(middle, end);
  }

  const Pruner& pruner_;
  std::span<const JobId> jobs_;
  std::span<const CandidateId> wanted_;
  Exclusion excluded_;
  std::size_t budget_;
  std::vector<bool> kept_;
};

}  // namespace

void exclude_others(const Problem& problem, CandidateId id, Exclusion& excluded) {
  excluded.resize(problem.candidates.size());
  for (const CandidateId other : problem.names[problem.candidates[id].name]) {
    if (other != id) excluded[other] = true;
  }
}

std::vector<bool> find_keepable(const Pruner& pruner, std::span<const JobId> jobs, std::span<const CandidateId> wanted,
                                const Exclusion& excluded, std::size_t budget) {
  return Keeper(pruner, jobs, wanted, excluded, budget).run();
}

}  // namespace envlock::solve
