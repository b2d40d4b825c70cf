#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "envlock/solve/problem.h"

namespace envlock::solve {

/// Why a candidate cannot be chosen.
struct Removal {
  enum class Cause : std::uint8_t {
    none,         ///< it can
    excluded,     ///< the caller ruled it out
    job,          ///< it is not in the set of a job for its name
    need,         ///< all members of a set it needs were removed
    limit,        ///< all members of a set that limits a mandatory name were removed
    other_needs,  ///< every candidate of a mandatory name needs this name, none accepts this candidate
  };
  Cause cause = Cause::none;
  JobId job = 0;           ///< cause job
  SetId set = 0;           ///< causes need and limit
  NameId by = 0;           ///< cause other_needs: the mandatory name
  std::uint32_t step = 0;  ///< when, counted from 1: a removal rests on smaller steps only
};

/// Why a name must be chosen.
struct Mandate {
  enum class Cause : std::uint8_t { none, job, needed };
  Cause cause = Cause::none;
  JobId job = 0;
  NameId by = 0;  ///< cause needed: every candidate of this mandatory name needs it
  std::uint32_t step = 0;
};

/// light: jobs restrict their names; what lacks something it needs goes; what limits a mandatory name to nothing goes;
/// a name that all candidates of a mandatory name need becomes mandatory. full: also restricts such a name to what
/// those candidates accept. Both keep every answer, but only light keeps the solver's choice between equally good ones.
enum class PruneLevel { light, full };

struct Pruned {
  std::vector<Removal> removals;  ///< by candidate
  std::vector<Mandate> mandates;  ///< by name
  std::optional<NameId> emptied;  ///< a mandatory name without a candidate: there is no answer

  bool alive(CandidateId id) const { return removals[id].cause == Removal::Cause::none; }
};

/// Candidates that must not be chosen, by candidate; empty: none.
using Exclusion = std::vector<bool>;

/// Removes candidates that are in no answer, until nothing changes. Only the jobs listed count.
Pruned prune(const Problem& problem, std::span<const JobId> jobs, PruneLevel level);

/// For many prunings of one problem: what does not depend on the jobs is worked out once.
class Pruner {
 public:
  explicit Pruner(const Problem& problem);
  Pruned run(std::span<const JobId> jobs, PruneLevel level, const Exclusion& excluded = {}) const;
  const Problem& problem() const { return problem_; }

 private:
  friend class PruneRun;
  /// Lists of ids, one after another: list i is [begin[i], begin[i + 1]).
  struct Lists {
    std::vector<std::uint32_t> begin;
    std::vector<std::uint32_t> items;
    std::span<const std::uint32_t> of(std::size_t i) const {
      return {items.data() + begin[i], begin[i + 1] - begin[i]};
    }
  };
  const Problem& problem_;
  Lists sets_with_;   ///< candidate -> sets that hold it
  Lists needed_by_;   ///< set -> candidates that need it
  Lists limited_by_;  ///< set -> candidates it limits
  Lists limits_on_;   ///< name -> sets of that name that limit somebody
};

}  // namespace envlock::solve
