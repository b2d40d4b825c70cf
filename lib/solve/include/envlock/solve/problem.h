#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace envlock::solve {

using NameId = std::uint32_t;
using CandidateId = std::uint32_t;
using SetId = std::uint32_t;
using JobId = std::uint32_t;  ///< an index into Problem::jobs

/// Some candidates of one name, sorted, without duplicates. Empty: nothing will do.
struct CandidateSet {
  NameId name = 0;
  std::vector<CandidateId> members;

  bool operator==(const CandidateSet&) const = default;
};

/// One thing that may be chosen, and what it asks for: sets that a choice must be made from (needs), and sets that a
/// choice of their name must lie in if there is one (limits).
struct Candidate {
  NameId name = 0;
  std::uint32_t first_edge = 0;  ///< needs are Problem::edges[first_edge, +need_count), then the limits
  std::uint32_t need_count = 0;
  std::uint32_t limit_count = 0;
};

/// Choose at most one candidate a name so that every job is met and every chosen candidate's needs and limits are.
/// It knows nothing of packages, versions or their order: a name's candidates simply come best first.
/// Order: candidates, in the order of their ids, decide which of several equally good answers is found, so the ids are
/// part of the question; names and sets are not, and may be numbered in any order.
/// For a problem that becomes known bit by bit (PyPI), leave the edges of unread candidates empty, solve, read those
/// that were picked, and solve again until nothing new is picked.
struct Problem {
  std::vector<std::vector<CandidateId>> names;  ///< the candidates of each name, best first
  std::vector<Candidate> candidates;
  std::vector<SetId> edges;
  std::vector<CandidateSet> sets;
  std::vector<SetId> jobs;  ///< sets that must be chosen from; they decide in this order

  std::span<const SetId> needs(CandidateId id) const {
    return {edges.data() + candidates[id].first_edge, candidates[id].need_count};
  }
  std::span<const SetId> limits(CandidateId id) const {
    return {edges.data() + candidates[id].first_edge + candidates[id].need_count, candidates[id].limit_count};
  }
};

}  // namespace envlock::solve
