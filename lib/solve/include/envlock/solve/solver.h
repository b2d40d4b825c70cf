#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "envlock/solve/problem.h"
#include "envlock/solve/prune.h"

namespace envlock::solve {

/// How "at most one candidate a name" is told to libsolv. Pairs of rules are the plain way and quadratic; bits number
/// the candidates of a name in binary, which costs a rule per candidate and bit.
enum class Encoding { bits, pairs };

/// What is handed to libsolv. It makes no difference to whether there is an answer, nor to what the jobs get; it may to
/// the choice between equally good answers further down.
struct Method {
  Encoding encoding = Encoding::bits;
  std::optional<PruneLevel> prune = PruneLevel::light;
  /// With pruning: try the best so many candidates of every name alone, one width after another, before all of them.
  /// What a width gives is taken when every job gets the best that any answer could give it.
  std::vector<std::size_t> widths = {};
};

struct SolveOptions {
  /// Absent: pairs without pruning, whose choices are those of mamba, unless there are too many pairs (2,000,000, or
  /// some 40 MB of rules); then bits with full pruning, the best 100, 200 and 400 candidates of every name first.
  std::optional<Method> method;
  /// Ask first, in the fastest way, whether there is an answer at all. It changes no pick: without it a refusal may
  /// take libsolv minutes where this takes milliseconds.
  bool refuse_first = true;
};

/// One candidate each for some names, sorted by candidate id. May hold candidates that no job reaches.
using Picks = std::vector<CandidateId>;

/// The best answer, or nothing when there is none. Jobs decide in their order, each taking its best candidate that
/// leaves a way for those before it; the rest follows libsolv's choice, which depends on the problem alone.
std::optional<Picks> solve(const Problem& problem, const SolveOptions& options = {});
std::optional<Picks> solve(const Pruner& pruner, std::span<const JobId> jobs, const Exclusion& excluded = {},
                           const SolveOptions& options = {});

/// Whether any answer exists with only these jobs.
bool is_solvable(const Pruner& pruner, std::span<const JobId> jobs, const Exclusion& excluded = {});

/// Which of these candidates can be kept: as many as possible, those that come first before those that come later. To
/// keep one is to choose no other candidate of its name (none at all is fine). By position in `wanted`.
/// `excluded` holds always. `budget` bounds the number of attempts; what is undecided then is not kept.
std::vector<bool> find_keepable(const Pruner& pruner, std::span<const JobId> jobs, std::span<const CandidateId> wanted,
                                const Exclusion& excluded, std::size_t budget = 600);

/// Adds to `excluded` every other candidate of the name of `id`.
void exclude_others(const Problem& problem, CandidateId id, Exclusion& excluded);

/// By job: whether full pruning's refusal of these jobs rests on it. Empty when pruning does not refuse them.
std::vector<bool> jobs_behind(const Pruner& pruner, std::span<const JobId> jobs);

/// A minimal set of jobs that cannot be met together: without any one of them there is an answer. `fixed` jobs (facts)
/// always count and are not listed. The problem must have no answer. Sorted. `budget` bounds the number of attempts;
/// when it is used up the set may not be minimal.
std::vector<JobId> minimal_core(const Pruner& pruner, std::span<const JobId> fixed, std::span<const JobId> jobs,
                                std::size_t budget = 2000);

}  // namespace envlock::solve
