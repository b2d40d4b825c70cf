#include "envlock/solve/solver.h"

#include "encode.h"

#include <algorithm>
#include <numeric>

namespace envlock::solve {
namespace {

std::vector<JobId> all_jobs(const Problem& problem) {
  std::vector<JobId> jobs(problem.jobs.size());
  std::iota(jobs.begin(), jobs.end(), JobId{0});
  return jobs;
}

std::vector<bool> alive_after(const Pruned& pruned) {
  std::vector<bool> alive(pruned.removals.size());
  for (CandidateId id = 0; id < alive.size(); ++id) alive[id] = pruned.alive(id);
  return alive;
}

Method method_for(const Problem& problem, const Exclusion& excluded) {
  constexpr std::size_t kMostPairs = 2'000'000;
  std::size_t pairs = 0;
  for (const auto& candidates : problem.names) {
    const auto count = static_cast<std::size_t>(std::count_if(
        candidates.begin(), candidates.end(), [&](CandidateId id) { return excluded.empty() || !excluded[id]; }));
    pairs += count < 2 ? 0 : count * (count - 1) / 2;
  }
  if (pairs <= kMostPairs) return {Encoding::pairs, std::nullopt};
  return {Encoding::bits, PruneLevel::full};
}

}  // namespace

std::optional<Picks> solve(const Problem& problem, const SolveOptions& options) {
  return solve(Pruner(problem), all_jobs(problem), {}, options);
}

std::optional<Picks> solve(const Pruner& pruner, std::span<const JobId> jobs, const Exclusion& excluded,
                           const SolveOptions& options) {
  const Problem& problem = pruner.problem();
  const Method method = options.method.value_or(method_for(problem, excluded));
  // The fastest way to learn whether there is an answer is that method itself; there is no need to ask twice.
  const bool is_fastest = method.encoding == Encoding::bits && method.prune == PruneLevel::full;
  if (options.refuse_first && !is_fastest && !is_solvable(pruner, jobs, excluded)) return std::nullopt;
  if (!method.prune) {
    std::vector<bool> alive(problem.candidates.size(), true);
    for (CandidateId id = 0; id < excluded.size(); ++id) alive[id] = !excluded[id];
    return solve_with_libsolv(problem, jobs, alive, method.encoding);
  }
  const Pruned pruned = pruner.run(jobs, *method.prune, excluded);
  if (pruned.emptied) return std::nullopt;
  return solve_with_libsolv(problem, jobs, alive_after(pruned), method.encoding);
}

bool is_solvable(const Pruner& pruner, std::span<const JobId> jobs, const Exclusion& excluded) {
  const Pruned pruned = pruner.run(jobs, PruneLevel::full, excluded);
  if (pruned.emptied) return false;
  return solve_with_libsolv(pruner.problem(), jobs, alive_after(pruned), Encoding::bits).has_value();
}

}  // namespace envlock::solve
