#pragma once

#include <algorithm>
#include <optional>
#include <random>
#include <vector>

#include "envlock/solve/problem.h"

namespace envlock_test {

namespace solve = envlock::solve;

/// A small problem whose every answer can be tried. The same seed gives the same problem everywhere.
inline solve::Problem random_problem(std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto below = [&](std::uint32_t limit) { return static_cast<std::uint32_t>(random() % limit); };
  solve::Problem problem;
  const std::uint32_t name_count = 2 + below(6);
  std::vector<std::uint32_t> sizes(name_count);
  for (auto& size : sizes) size = below(10) == 0 ? 0 : 1 + below(5);
  std::vector<solve::NameId> name_of;
  for (solve::NameId name = 0; name < name_count; ++name) name_of.insert(name_of.end(), sizes[name], name);
  std::shuffle(name_of.begin(), name_of.end(), random);
  problem.names.resize(name_count);
  for (solve::CandidateId id = 0; id < name_of.size(); ++id) problem.names[name_of[id]].push_back(id);
  for (auto& candidates : problem.names) std::shuffle(candidates.begin(), candidates.end(), random);
  const auto add_set = [&](solve::NameId name, std::uint32_t percent) {
    solve::CandidateSet set{name, {}};
    for (const solve::CandidateId id : problem.names[name]) {
      if (below(100) < percent) set.members.push_back(id);
    }
    std::sort(set.members.begin(), set.members.end());
    problem.sets.push_back(std::move(set));
    return static_cast<solve::SetId>(problem.sets.size() - 1);
  };
  const std::uint32_t density = 40 + below(50);
  const std::uint32_t fan = 1 + below(4);
  for (const solve::NameId name : name_of) {
    solve::Candidate candidate{name, static_cast<std::uint32_t>(problem.edges.size()), 0, 0};
    for (candidate.need_count = 0; below(fan + 1) != 0 && candidate.need_count < 4; ++candidate.need_count) {
      problem.edges.push_back(add_set(below(name_count), density));
    }
    for (candidate.limit_count = 0; below(fan + 1) > 1 && candidate.limit_count < 3; ++candidate.limit_count) {
      problem.edges.push_back(add_set(below(name_count), density));
    }
    problem.candidates.push_back(candidate);
  }
  const std::uint32_t job_count = 1 + below(3);
  for (std::uint32_t i = 0; i < job_count; ++i) problem.jobs.push_back(add_set(below(name_count), 80));
  return problem;
}

inline bool holds(const solve::CandidateSet& set, solve::CandidateId id) {
  return std::find(set.members.begin(), set.members.end(), id) != set.members.end();
}

/// By name: the choice, or nothing.
using Choice = std::vector<std::optional<solve::CandidateId>>;

inline bool is_valid(const solve::Problem& problem, const Choice& choice, const std::vector<solve::SetId>& jobs) {
  for (const solve::SetId job : jobs) {
    const auto picked = choice[problem.sets[job].name];
    if (!picked || !holds(problem.sets[job], *picked)) return false;
  }
  for (const auto& picked : choice) {
    if (!picked) continue;
    for (const solve::SetId need : problem.needs(*picked)) {
      const auto other = choice[problem.sets[need].name];
      if (!other || !holds(problem.sets[need], *other)) return false;
    }
    for (const solve::SetId limit : problem.limits(*picked)) {
      const auto other = choice[problem.sets[limit].name];
      if (other && !holds(problem.sets[limit], *other)) return false;
    }
  }
  return true;
}

/// The place in its name's order of what each job chose, in order of the jobs: smaller is better.
inline std::vector<std::size_t> job_ranks(const solve::Problem& problem, const Choice& choice) {
  std::vector<std::size_t> ranks;
  for (const solve::SetId job : problem.jobs) {
    const auto& order = problem.names[problem.sets[job].name];
    const auto found = std::find(order.begin(), order.end(), *choice[problem.sets[job].name]);
    ranks.push_back(static_cast<std::size_t>(found - order.begin()));
  }
  return ranks;
}

/// Tries every choice; returns the best by job_ranks, if any is valid.
inline std::optional<Choice> best_by_trying_all(const solve::Problem& problem, const std::vector<solve::SetId>& jobs) {
  std::optional<Choice> best;
  Choice choice(problem.names.size());
  const auto visit = [&](const auto& self, solve::NameId name) -> void {
    if (name == problem.names.size()) {
      if (!is_valid(problem, choice, jobs)) return;
      if (jobs.size() != problem.jobs.size()) {
        best = choice;
      } else if (!best || job_ranks(problem, choice) < job_ranks(problem, *best)) {
        best = choice;
      }
      return;
    }
    choice[name].reset();
    self(self, name + 1);
    for (const solve::CandidateId id : problem.names[name]) {
      choice[name] = id;
      self(self, name + 1);
    }
    choice[name].reset();
  };
  visit(visit, 0);
  return best;
}

inline Choice choice_of(const solve::Problem& problem, const std::vector<solve::CandidateId>& picks) {
  Choice choice(problem.names.size());
  for (const solve::CandidateId id : picks) choice[problem.candidates[id].name] = id;
  return choice;
}

}  // namespace envlock_test
