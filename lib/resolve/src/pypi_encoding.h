#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "envlock/solve/problem.h"
#include "pypi_universe.h"

namespace envlock::resolve {

/// A project, or a project with one of its extras: `transformers[torch]` has the versions of `transformers`, each of
/// which needs that same version without the extra, and what the extra adds.
struct Node {
  ProjectId project = 0;
  std::string extra;  ///< "" without

  auto operator<=>(const Node&) const = default;
};

/// How many releases of every set take part, the best ones; 0: all.
struct Windows {
  std::size_t general = 0;
  std::map<ProjectId, std::size_t> wider;  ///< where a choice needed older ones

  std::size_t of(ProjectId project) const {
    const auto found = wider.find(project);
    return found == wider.end() || general == 0 ? general : found->second;
  }
};

/// What is known of a universe as a problem for the solver. Releases whose metadata is unread need nothing, projects
/// whose page is unknown are not there: so an answer may turn out not to hold, but a refusal does.
class Encoding {
 public:
  Encoding(Universe& universe, Windows windows);

  const solve::Problem& problem() const { return problem_; }
  /// By NameId.
  const Node& node(solve::NameId name) const { return nodes_[name]; }
  /// By CandidateId: an index into its project's releases.
  std::size_t release(solve::CandidateId id) const { return releases_[id]; }
  ProjectId project(solve::CandidateId id) const { return nodes_[problem_.candidates[id].name].project; }
  /// By JobId: an index into PypiProblem::requests.
  std::size_t request(solve::JobId job) const { return job_requests_[job]; }
  /// By SetId: the words of the need: "numpy>=1.26".
  const std::string& words(solve::SetId set) const { return set_words_[set]; }
  /// Releases were left out for the window.
  bool is_narrowed() const { return !narrowed_.empty(); }
  bool is_narrowed(ProjectId project) const { return narrowed_.contains(project); }
  /// Projects that something here asks for and whose page is unknown; by the releases that ask.
  std::vector<ProjectId> unknown_needs(solve::CandidateId id) const;
  /// Whether nothing that the window left out could change the choice: every line gets the best that meets it, and
  /// every other project the best that what was chosen leaves.
  bool is_certain(const std::vector<solve::CandidateId>& chosen) const;

 private:
  using Members = std::vector<std::size_t>;
  struct Part {
    std::vector<bool> included;  ///< by release
  };
  void visit_requests();
  void visit_pending();
  const Members& members(ProjectId project, const pypi::Requirement& requirement);
  void include(const Node& node, const Members& releases);
  void include_need(ProjectId project, const pypi::Requirement& requirement);
  void number();
  void add_edges(solve::CandidateId id, const Node& node, std::size_t release);
  void add_need(const Need& need);
  bool allows(const pypi::Requirement& requirement, ProjectId project, std::size_t release) const;
  solve::SetId set_of(const Node& node, const Members& releases, const std::string& words);

  Universe& universe_;
  Windows windows_;
  std::set<ProjectId> narrowed_;
  std::map<Node, Part> parts_;
  std::vector<std::pair<Node, std::size_t>> pending_;
  std::map<std::pair<ProjectId, std::string>, Members> members_;

  solve::Problem problem_;
  std::vector<Node> nodes_;
  std::map<Node, solve::NameId> names_;
  std::vector<std::size_t> releases_;
  std::vector<std::vector<solve::CandidateId>> candidates_;  ///< by name and release; kNone where not included
  std::vector<std::size_t> job_requests_;
  std::map<std::pair<solve::NameId, std::string>, solve::SetId> set_ids_;
  std::vector<std::string> set_words_;
};

/// The requests whose marker holds, by (name, canonical text): the order in which they decide.
std::vector<std::size_t> deciding_requests(const PypiProblem& problem);

}  // namespace envlock::resolve
