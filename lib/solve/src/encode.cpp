// "Ranks in, Ids out": libsolv sees solvables whose EVR is their rank within their name, and dependency Ids with lists
// of providers. Its own rules for packages of the same name are quadratic, so they are switched off and each name's
// live candidates are numbered in binary instead: a candidate requires the auxiliary solvable of each bit that is 1 in
// its number and conflicts with that of each bit that is 0, so no two can be chosen. A set that limits many candidates
// becomes one auxiliary solvable as well. Auxiliary solvables come after all real ones: rules are walked in Id order.
#include "encode.h"

#include <algorithm>
#include <bit>

#include "pool.h"

namespace envlock::solve {
namespace {

class Encoder {
 public:
  Encoder(const Problem& problem, std::span<const JobId> jobs, const std::vector<bool>& alive, Encoding encoding)
      : problem_(problem), jobs_(jobs), alive_(alive), encoding_(encoding) {}

  std::optional<Picks> run() {
    add_candidates();
    add_needs();
    add_limits();
    if (encoding_ == Encoding::bits) add_bits();
    std::vector<Id> jobs;
    for (const JobId job : jobs_) jobs.push_back(need_symbol(problem_.jobs[job]));
    provide();
    std::vector<Id> chosen;
    if (!pool_.solve(jobs, encoding_ == Encoding::pairs, chosen)) return std::nullopt;
    Picks picks;
    for (const Id id : chosen) {
      if (id < first_auxiliary_) picks.push_back(candidate_of_[static_cast<std::size_t>(id - first_)]);
    }
    std::sort(picks.begin(), picks.end());
    return picks;
  }

 private:
  struct Provision {
    Id dependency;
    std::vector<Id> providers;
  };

  void add_candidates() {
    solvable_of_.resize(problem_.candidates.size(), 0);
    for (CandidateId id = 0; id < problem_.candidates.size(); ++id) {
      if (alive_[id]) candidate_of_.push_back(id);
    }
    first_ = pool_.add_solvables(static_cast<int>(candidate_of_.size()));
    first_auxiliary_ = first_ + static_cast<Id>(candidate_of_.size());
    for (std::size_t i = 0; i < candidate_of_.size(); ++i) solvable_of_[candidate_of_[i]] = first_ + static_cast<Id>(i);
    for (const auto& ordered : problem_.names) {
      const auto live = std::count_if(ordered.begin(), ordered.end(), [&](CandidateId id) { return alive_[id]; });
      if (live == 0) continue;
      const Id group = pool_.new_symbol();
      auto rank = static_cast<int>(live);
      for (const CandidateId id : ordered) {
        if (alive_[id]) pool_.describe(solvable_of_[id], group, rank--);
      }
      if (encoding_ == Encoding::pairs) provisions_.push_back({group, live_ids(ordered)});
    }
  }

  std::vector<Id> live_ids(const std::vector<CandidateId>& candidates) const {
    std::vector<Id> ids;
    for (const CandidateId id : candidates) {
      if (alive_[id]) ids.push_back(solvable_of_[id]);
    }
    std::sort(ids.begin(), ids.end());
    return ids;
  }

  Id need_symbol(SetId set) {
    if (need_symbols_.empty()) need_symbols_.resize(problem_.sets.size(), 0);
    if (need_symbols_[set] == 0) {
      need_symbols_[set] = pool_.new_symbol();
      provisions_.push_back({need_symbols_[set], live_ids(problem_.sets[set].members)});
    }
    return need_symbols_[set];
  }

  void add_needs() {
    for (const CandidateId id : candidate_of_) {
      for (const SetId set : problem_.needs(id)) pool_.add_requirement(solvable_of_[id], need_symbol(set));
    }
  }

  /// The dependency that stands for "a candidate of this set's name which is not in the set"; 0 when there is none.
  Id excluded_symbol(SetId set) {
    std::vector<Id> excluded;
    const CandidateSet& members = problem_.sets[set];
    for (const CandidateId id : problem_.names[members.name]) {
      if (alive_[id] && !std::binary_search(members.members.begin(), members.members.end(), id)) {
        excluded.push_back(solvable_of_[id]);
      }
    }
    if (excluded.empty()) return 0;
    std::sort(excluded.begin(), excluded.end());
    const Id symbol = pool_.new_symbol();
    provisions_.push_back({symbol, std::move(excluded)});
    return symbol;
  }

  Id new_auxiliary() {
    const Id solvable = pool_.add_solvables(1);
    pool_.describe(solvable, pool_.new_symbol(), 1);
    return solvable;
  }

  void add_limits() {
    constexpr Id kUnseen = -1;
    std::vector<Id> symbols(problem_.sets.size(), kUnseen);
    std::vector<std::pair<Id, Id>> pending;  // auxiliary solvables, and what each conflicts with
    for (const CandidateId id : candidate_of_) {
      for (const SetId set : problem_.limits(id)) {
        if (symbols[set] == kUnseen) {
          symbols[set] = excluded_symbol(set);
          if (symbols[set] != 0 && encoding_ == Encoding::bits) {
            const Id auxiliary = new_auxiliary();
            pending.emplace_back(auxiliary, symbols[set]);
            symbols[set] = pool_.new_symbol();
            provisions_.push_back({symbols[set], {auxiliary}});
          }
        }
        if (symbols[set] == 0) continue;
        if (encoding_ == Encoding::bits) {
          pool_.add_requirement(solvable_of_[id], symbols[set]);
        } else {
          pool_.add_conflict(solvable_of_[id], symbols[set]);
        }
      }
    }
    for (const auto& [auxiliary, conflict] : pending) pool_.add_conflict(auxiliary, conflict);
  }

  void add_bits() {
    for (const auto& ordered : problem_.names) {
      std::vector<Id> live;
      for (const CandidateId id : ordered) {
        if (alive_[id]) live.push_back(solvable_of_[id]);
      }
      if (live.size() < 2) continue;
      const auto bits = static_cast<unsigned>(std::bit_width(live.size() - 1));
      for (unsigned bit = 0; bit < bits; ++bit) {
        const Id symbol = pool_.new_symbol();
        provisions_.push_back({symbol, {new_auxiliary()}});
        for (std::size_t number = 0; number < live.size(); ++number) {
          if ((number >> bit & 1U) != 0) {
            pool_.add_requirement(live[number], symbol);
          } else {
            pool_.add_conflict(live[number], symbol);
          }
        }
      }
    }
  }

  void provide() {
    pool_.begin_providing();
    for (const Provision& provision : provisions_) pool_.provide(provision.dependency, provision.providers);
  }

  const Problem& problem_;
  std::span<const JobId> jobs_;
  const std::vector<bool>& alive_;
  Encoding encoding_;
  SolvPool pool_;
  std::vector<CandidateId> candidate_of_;  ///< by solvable Id - first_
  std::vector<Id> solvable_of_;            ///< by candidate
  Id first_ = 0;
  Id first_auxiliary_ = 0;
  std::vector<Id> need_symbols_;  ///< by set; 0: not used yet
  std::vector<Provision> provisions_;
};

}  // namespace

std::optional<Picks> solve_with_libsolv(const Problem& problem, std::span<const JobId> jobs,
                                        const std::vector<bool>& alive, Encoding encoding) {
  return Encoder(problem, jobs, alive, encoding).run();
}

}  // namespace envlock::solve
