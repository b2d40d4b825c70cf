#pragma once

#include <set>
#include <string>
#include <vector>

#include "envlock/solve/solver.h"
#include "translate.h"

namespace envlock::resolve {

/// A refusal by pruning, told in the user's words: from the requests of the core along what they need to the name that
/// nothing is left of. Ranks, sets and auxiliary names never show.
class Story {
 public:
  Story(Catalog& catalog, const std::vector<conda::Request>& requests, const Translation& translation)
      : catalog_(catalog), requests_(requests), translation_(translation) {}

  /// A virtual package that is missing or not what is needed, and the texts that ask for it.
  struct VirtualNeed {
    NameRef name = 0;
    std::vector<std::string> texts;
  };

  struct Facts {
    std::vector<std::string> lines;
    std::vector<VirtualNeed> virtual_needs;
    std::set<std::size_t> cited;  ///< requests that the lines name
  };

  /// `pruned` must have emptied a name, with these jobs.
  Facts tell(const solve::Pruned& pruned, const std::vector<solve::JobId>& jobs);

 private:
  using Members = std::vector<solve::CandidateId>;

  void tell_name(solve::NameId name, const Members& members);
  struct Reason {
    bool is_limit = false;
    solve::NameId target = 0;
    solve::SetId set = 0;
  };
  std::vector<Reason> reasons_of(solve::CandidateId id) const;
  void tell_removed_by_edges(solve::NameId name, Members members);
  void tell_other_needs(solve::NameId name, const Members& members);
  void tell_mandate(solve::NameId name);
  void tell_missing(solve::NameId needed, const Members& members, const std::vector<std::string>& texts);
  bool tell_jobs(solve::NameId name, const Members& members);

  std::string subject(solve::NameId name, const Members& members);
  std::vector<std::string> edge_texts(const Members& members, solve::NameId target, bool only_limits);
  std::string needed_text(const std::vector<std::string>& texts) const;
  std::vector<std::size_t> requests_for(solve::NameId name) const;
  std::string cite_request(std::size_t request);
  void add(std::string line);

  Catalog& catalog_;
  const std::vector<conda::Request>& requests_;
  const Translation& translation_;
  const solve::Pruned* pruned_ = nullptr;
  std::vector<bool> is_heeded_;  ///< by job: it took part in the pruning
  Facts facts_;
  std::set<solve::NameId> told_;
  std::set<solve::NameId> told_mandates_;
};

}  // namespace envlock::resolve
