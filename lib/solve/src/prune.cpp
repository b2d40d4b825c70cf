#include "envlock/solve/prune.h"

#include <algorithm>
#include <numeric>

namespace envlock::solve {
namespace {

/// Builds lists from (list, item) pairs that `each` hands to its argument, twice in the same order.
template <typename Each>
void fill(std::vector<std::uint32_t>& begin, std::vector<std::uint32_t>& items, std::size_t count, const Each& each) {
  begin.assign(count + 1, 0);
  each([&](std::uint32_t list, std::uint32_t) { ++begin[list + 1]; });
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  items.resize(begin.back());
  std::vector<std::uint32_t> next(begin.begin(), begin.end() - 1);
  each([&](std::uint32_t list, std::uint32_t item) { items[next[list]++] = item; });
}

bool contains(const CandidateSet& set, CandidateId id) {
  return std::binary_search(set.members.begin(), set.members.end(), id);
}

}  // namespace

Pruner::Pruner(const Problem& problem) : problem_(problem) {
  const auto candidate_count = static_cast<CandidateId>(problem.candidates.size());
  const auto set_count = static_cast<SetId>(problem.sets.size());
  fill(sets_with_.begin, sets_with_.items, candidate_count, [&](const auto& add) {
    for (SetId set = 0; set < set_count; ++set) {
      for (const CandidateId id : problem.sets[set].members) add(id, set);
    }
  });
  fill(needed_by_.begin, needed_by_.items, set_count, [&](const auto& add) {
    for (CandidateId id = 0; id < candidate_count; ++id) {
      for (const SetId set : problem.needs(id)) add(set, id);
    }
  });
  fill(limited_by_.begin, limited_by_.items, set_count, [&](const auto& add) {
    for (CandidateId id = 0; id < candidate_count; ++id) {
      for (const SetId set : problem.limits(id)) add(set, id);
    }
  });
  fill(limits_on_.begin, limits_on_.items, problem.names.size(), [&](const auto& add) {
    for (SetId set = 0; set < set_count; ++set) {
      if (!limited_by_.of(set).empty()) add(problem.sets[set].name, set);
    }
  });
}

/// One pruning: a queue of removed candidates and a queue of mandatory names to look at again.
class PruneRun {
 public:
  PruneRun(const Pruner& pruner, PruneLevel level) : pruner_(pruner), problem_(pruner.problem_), level_(level) {
    const std::size_t names = problem_.names.size();
    result_.removals.resize(problem_.candidates.size());
    result_.mandates.resize(names);
    live_in_set_.reserve(problem_.sets.size());
    for (const CandidateSet& set : problem_.sets)
      live_in_set_.push_back(static_cast<std::uint32_t>(set.members.size()));
    live_of_name_.reserve(names);
    for (const auto& candidates : problem_.names)
      live_of_name_.push_back(static_cast<std::uint32_t>(candidates.size()));
    is_dirty_.resize(names);
    needed_count_.resize(names);
    accepted_.resize(problem_.candidates.size());
  }

  Pruned run(std::span<const JobId> jobs, const Exclusion& excluded) {
    for (CandidateId id = 0; id < excluded.size(); ++id) {
      if (excluded[id]) remove(id, {Removal::Cause::excluded, 0, 0, 0, 0});
    }
    for (const JobId job : jobs) apply_job(job);
    remove_what_never_holds();
    while (!result_.emptied) {
      if (next_removed_ < removed_.size()) {
        spread_removal(removed_[next_removed_++]);
      } else if (next_dirty_ < dirty_.size()) {
        const NameId name = dirty_[next_dirty_++];
        is_dirty_[name] = false;
        look_at_mandatory(name);
      } else {
        break;
      }
    }
    return std::move(result_);
  }

 private:
  void remove(CandidateId id, Removal removal) {
    if (!result_.alive(id)) return;
    removal.step = ++step_;
    result_.removals[id] = removal;
    removed_.push_back(id);
    const NameId name = problem_.candidates[id].name;
    --live_of_name_[name];
    if (!is_mandatory(name)) return;
    if (live_of_name_[name] == 0 && !result_.emptied) result_.emptied = name;
    make_dirty(name);
  }

  bool is_mandatory(NameId name) const { return result_.mandates[name].cause != Mandate::Cause::none; }

  void make_dirty(NameId name) {
    if (is_dirty_[name]) return;
    is_dirty_[name] = true;
    dirty_.push_back(name);
  }

  void make_mandatory(NameId name, Mandate mandate) {
    if (is_mandatory(name)) return;
    mandate.step = ++step_;
    result_.mandates[name] = mandate;
    make_dirty(name);
    if (live_of_name_[name] == 0 && !result_.emptied) result_.emptied = name;
    for (const SetId set : pruner_.limits_on_.of(name)) {
      if (live_in_set_[set] == 0) remove_limited_by(set);
    }
  }

  void remove_limited_by(SetId set) {
    for (const CandidateId id : pruner_.limited_by_.of(set)) remove(id, {Removal::Cause::limit, 0, set, 0, 0});
  }

  void apply_job(JobId job) {
    const CandidateSet& set = problem_.sets[problem_.jobs[job]];
    make_mandatory(set.name, {Mandate::Cause::job, job, 0, 0});
    for (const CandidateId id : problem_.names[set.name]) {
      if (!contains(set, id)) remove(id, {Removal::Cause::job, job, 0, 0, 0});
    }
  }

  /// What no choice can help: an empty need, and a candidate that asks for another one of its own name.
  void remove_what_never_holds() {
    for (SetId set = 0; set < problem_.sets.size(); ++set) {
      const CandidateSet& members = problem_.sets[set];
      if (members.members.empty()) {
        for (const CandidateId id : pruner_.needed_by_.of(set)) remove(id, {Removal::Cause::need, 0, set, 0, 0});
        if (is_mandatory(members.name)) remove_limited_by(set);
      }
      for (const CandidateId id : pruner_.needed_by_.of(set)) {
        if (problem_.candidates[id].name == members.name && !contains(members, id)) {
          remove(id, {Removal::Cause::need, 0, set, 0, 0});
        }
      }
      for (const CandidateId id : pruner_.limited_by_.of(set)) {
        if (problem_.candidates[id].name == members.name && !contains(members, id)) {
          remove(id, {Removal::Cause::limit, 0, set, 0, 0});
        }
      }
    }
  }

  void spread_removal(CandidateId id) {
    for (const SetId set : pruner_.sets_with_.of(id)) {
      if (--live_in_set_[set] != 0) continue;
      for (const CandidateId other : pruner_.needed_by_.of(set)) remove(other, {Removal::Cause::need, 0, set, 0, 0});
      if (is_mandatory(problem_.sets[set].name)) remove_limited_by(set);
    }
  }

  void look_at_mandatory(NameId name) {
    const std::uint32_t live = live_of_name_[name];
    if (live == 0) return;
    std::vector<NameId> seen;
    for (const CandidateId id : problem_.names[name]) {
      if (!result_.alive(id)) continue;
      const auto needs = problem_.needs(id);
      for (std::size_t i = 0; i < needs.size(); ++i) {
        const NameId needed = problem_.sets[needs[i]].name;
        const bool again = std::any_of(needs.begin(), needs.begin() + static_cast<std::ptrdiff_t>(i),
                                       [&](SetId set) { return problem_.sets[set].name == needed; });
        if (again) continue;
        if (needed_count_[needed]++ == 0) seen.push_back(needed);
      }
    }
    for (const NameId needed : seen) {
      const bool by_all = needed_count_[needed] == live;
      needed_count_[needed] = 0;
      if (!by_all) continue;
      make_mandatory(needed, {Mandate::Cause::needed, 0, name, 0});
      if (level_ == PruneLevel::full && needed != name) restrict_to_needs(name, needed);
    }
  }

  /// Removes the candidates of `needed` that no live candidate of `name` accepts.
  void restrict_to_needs(NameId name, NameId needed) {
    ++mark_;
    for (const CandidateId id : problem_.names[name]) {
      if (!result_.alive(id)) continue;
      const CandidateSet* only = nullptr;
      bool several = false;
      for (const SetId set : problem_.needs(id)) {
        if (problem_.sets[set].name != needed) continue;
        several = only != nullptr;
        if (only == nullptr || problem_.sets[set].members.size() < only->members.size()) only = &problem_.sets[set];
      }
      for (const CandidateId member : only->members) {
        if (accepted_[member] != mark_ && (!several || meets_all_needs(id, needed, member))) accepted_[member] = mark_;
      }
    }
    for (const CandidateId id : problem_.names[needed]) {
      if (accepted_[id] != mark_) remove(id, {Removal::Cause::other_needs, 0, 0, name, 0});
    }
  }

  bool meets_all_needs(CandidateId id, NameId needed, CandidateId member) const {
    const auto needs = problem_.needs(id);
    return std::all_of(needs.begin(), needs.end(), [&](SetId set) {
      return problem_.sets[set].name != needed || contains(problem_.sets[set], member);
    });
  }

  const Pruner& pruner_;
  const Problem& problem_;
  PruneLevel level_;
  Pruned result_;
  std::uint32_t step_ = 0;
  std::vector<std::uint32_t> live_in_set_;
  std::vector<std::uint32_t> live_of_name_;
  std::vector<CandidateId> removed_;
  std::size_t next_removed_ = 0;
  std::vector<NameId> dirty_;
  std::size_t next_dirty_ = 0;
  std::vector<bool> is_dirty_;
  std::vector<std::uint32_t> needed_count_;  ///< scratch of look_at_mandatory, zero between calls
  std::vector<std::uint32_t> accepted_;      ///< scratch of restrict_to_needs: accepted in the round `mark_`
  std::uint32_t mark_ = 0;
};

Pruned Pruner::run(std::span<const JobId> jobs, PruneLevel level, const Exclusion& excluded) const {
  return PruneRun(*this, level).run(jobs, excluded);
}

Pruned prune(const Problem& problem, std::span<const JobId> jobs, PruneLevel level) {
  return Pruner(problem).run(jobs, level);
}

}  // namespace envlock::solve
