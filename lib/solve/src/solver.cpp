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
  return {Encoding::bits, PruneLevel::full, {100, 200, 400}};
}

/// The candidates that `alive` holds of each name, cut to the best `most`.
Exclusion all_but_best(const Problem& problem, const std::vector<bool>& alive, std::size_t most) {
  Exclusion excluded(alive.size(), true);
  for (const auto& candidates : problem.names) {
    std::size_t kept = 0;
    for (const CandidateId id : candidates) {
      if (!alive[id]) continue;
      if (kept++ == most) break;
      excluded[id] = false;
    }
  }
  return excluded;
}

/// True when every job got the best candidate that any answer could give it.
bool jobs_have_their_best(const Problem& problem, std::span<const JobId> jobs, const std::vector<bool>& alive,
                          const Picks& picks) {
  return std::all_of(jobs.begin(), jobs.end(), [&](JobId job) {
    const CandidateSet& set = problem.sets[problem.jobs[job]];
    const auto& candidates = problem.names[set.name];
    const auto best = std::find_if(candidates.begin(), candidates.end(), [&](CandidateId id) {
      return alive[id] && std::binary_search(set.members.begin(), set.members.end(), id);
    });
    return best != candidates.end() && std::binary_search(picks.begin(), picks.end(), *best);
  });
}

/// Solves with the best few candidates of every name alone: a conda-forge has a thousand builds of a name, and all but
/// the first are mostly in the way. Nothing when no width gives an answer that more candidates could not better.
std::optional<Picks> solve_narrowly(const Pruner& pruner, std::span<const JobId> jobs, const std::vector<bool>& alive,
                                    const Method& method) {
  const Problem& problem = pruner.problem();
  for (const std::size_t most : method.widths) {
    const Pruned pruned = pruner.run(jobs, PruneLevel::full, all_but_best(problem, alive, most));
    if (pruned.emptied) continue;
    std::optional<Picks> picks = solve_with_libsolv(problem, jobs, alive_after(pruned), method.encoding);
    if (picks && jobs_have_their_best(problem, jobs, alive, *picks)) return picks;
  }
  return std::nullopt;
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
  const std::vector<bool> alive = alive_after(pruned);
  if (std::optional<Picks> picks = solve_narrowly(pruner, jobs, alive, method)) return picks;
  return solve_with_libsolv(problem, jobs, alive, method.encoding);
}

bool is_solvable(const Pruner& pruner, std::span<const JobId> jobs, const Exclusion& excluded) {
  const Pruned pruned = pruner.run(jobs, PruneLevel::full, excluded);
  if (pruned.emptied) return false;
  return solve_with_libsolv(pruner.problem(), jobs, alive_after(pruned), Encoding::bits).has_value();
}

}  // namespace envlock::solve
