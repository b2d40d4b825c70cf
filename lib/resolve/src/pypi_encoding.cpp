#include "pypi_encoding.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::resolve {
namespace {

constexpr solve::CandidateId kNone = ~solve::CandidateId{0};

/// What decides which releases meet it.
std::string set_key(const pypi::Requirement& requirement) {
  return requirement.specifiers.format() + requirement.url;
}

std::string words_of(const pypi::Requirement& requirement, const std::string& extra) {
  std::string words = requirement.name + (extra.empty() ? "" : "[" + extra + "]") + requirement.specifiers.format();
  if (!requirement.url.empty()) words += " @ " + core::printable(core::without_secrets(requirement.url), 80);
  return words;
}

}  // namespace

std::vector<std::size_t> deciding_requests(const PypiProblem& problem) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < problem.requests.size(); ++i) {
    if (problem.requests[i].requirement.marker.holds(problem.environment)) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
    const pypi::Requirement& a = problem.requests[left].requirement;
    const pypi::Requirement& b = problem.requests[right].requirement;
    return std::pair(a.name, a.format()) < std::pair(b.name, b.format());
  });
  return order;
}

Encoding::Encoding(Universe& universe, Windows windows) : universe_(universe), windows_(std::move(windows)) {
  visit_requests();
  visit_pending();
  number();
}

const Encoding::Members& Encoding::members(ProjectId project, const pypi::Requirement& requirement) {
  const auto [found, added] = members_.try_emplace({project, set_key(requirement)});
  if (added) {
    found->second = universe_.matching(project, requirement);
    const std::size_t window = windows_.of(project);
    if (window > 0 && found->second.size() > window) {
      // What was locked is never out of the window.
      Members narrowed;
      for (std::size_t i = 0; i < found->second.size(); ++i) {
        const Release& release = universe_.project(project).releases[found->second[i]];
        if (i < window || release.favored || release.state == Release::State::read)
          narrowed.push_back(found->second[i]);
      }
      if (narrowed.size() < found->second.size()) narrowed_.insert(project);
      found->second = std::move(narrowed);
    }
  }
  return found->second;
}

void Encoding::include(const Node& node, const Members& releases) {
  Part& part = parts_[node];
  part.included.resize(universe_.project(node.project).releases.size());
  for (const std::size_t release : releases) {
    if (part.included[release]) continue;
    part.included[release] = true;
    pending_.emplace_back(node, release);
  }
}

void Encoding::include_need(ProjectId project, const pypi::Requirement& requirement) {
  if (universe_.project(project).state == Project::State::unknown) return;
  const Members& releases = members(project, requirement);
  include({project, ""}, releases);
  for (const std::string& extra : requirement.extras) include({project, extra}, releases);
}

void Encoding::visit_requests() {
  for (const std::size_t request : deciding_requests(universe_.problem())) {
    const pypi::Requirement& requirement = universe_.problem().requests[request].requirement;
    include_need(universe_.known(requirement.name), requirement);
  }
}

void Encoding::visit_pending() {
  while (!pending_.empty()) {
    const auto [node, release] = pending_.back();
    pending_.pop_back();
    if (!node.extra.empty()) include({node.project, ""}, {release});
    for (const Need& need : universe_.needs(node.project, release, node.extra)) {
      include_need(need.project, need.requirement);
    }
  }
}

void Encoding::number() {
  for (const auto& [node, part] : parts_) nodes_.push_back(node);
  // Ids decide between equally good answers: they go by name, not by when a project was met.
  std::sort(nodes_.begin(), nodes_.end(), [&](const Node& left, const Node& right) {
    return std::tie(universe_.project(left.project).name, left.extra) <
           std::tie(universe_.project(right.project).name, right.extra);
  });
  problem_.names.resize(nodes_.size());
  candidates_.resize(nodes_.size());
  for (solve::NameId name = 0; name < nodes_.size(); ++name) {
    names_.emplace(nodes_[name], name);
    const Part& part = parts_.at(nodes_[name]);
    candidates_[name].assign(part.included.size(), kNone);
    for (std::size_t release = 0; release < part.included.size(); ++release) {
      if (!part.included[release]) continue;
      const auto id = static_cast<solve::CandidateId>(problem_.candidates.size());
      problem_.candidates.push_back({.name = name});
      problem_.names[name].push_back(id);
      candidates_[name][release] = id;
      releases_.push_back(release);
    }
  }
  for (solve::CandidateId id = 0; id < problem_.candidates.size(); ++id) {
    solve::Candidate& candidate = problem_.candidates[id];
    candidate.first_edge = static_cast<std::uint32_t>(problem_.edges.size());
    add_edges(id, nodes_[candidate.name], releases_[id]);
    candidate.need_count = static_cast<std::uint32_t>(problem_.edges.size()) - candidate.first_edge;
  }
  for (const std::size_t request : deciding_requests(universe_.problem())) {
    const pypi::Requirement& requirement = universe_.problem().requests[request].requirement;
    const ProjectId project = universe_.known(requirement.name);
    if (universe_.project(project).state == Project::State::unknown) continue;
    const Members releases = members(project, requirement);
    problem_.jobs.push_back(set_of({project, ""}, releases, words_of(requirement, "")));
    job_requests_.push_back(request);
    for (const std::string& extra : requirement.extras) {
      problem_.jobs.push_back(set_of({project, extra}, releases, words_of(requirement, extra)));
      job_requests_.push_back(request);
    }
  }
}

void Encoding::add_edges(solve::CandidateId id, const Node& node, std::size_t release) {
  const Project& project = universe_.project(node.project);
  if (!node.extra.empty()) {
    problem_.edges.push_back(
        set_of({node.project, ""}, {release}, project.name + "===" + project.releases[release].version_text));
  }
  for (const Need& need : universe_.needs(node.project, release, node.extra)) add_need(need);
  // One that is needed twice is one edge.
  const auto first = problem_.edges.begin() + problem_.candidates[id].first_edge;
  std::sort(first, problem_.edges.end());
  problem_.edges.erase(std::unique(first, problem_.edges.end()), problem_.edges.end());
}

void Encoding::add_need(const Need& need) {
  if (universe_.project(need.project).state == Project::State::unknown) return;
  const Members& releases = members(need.project, need.requirement);
  problem_.edges.push_back(set_of({need.project, ""}, releases, words_of(need.requirement, "")));
  for (const std::string& extra : need.requirement.extras) {
    problem_.edges.push_back(set_of({need.project, extra}, releases, words_of(need.requirement, extra)));
  }
}

solve::SetId Encoding::set_of(const Node& node, const Members& releases, const std::string& words) {
  const solve::NameId name = names_.at(node);
  const auto [found, added] = set_ids_.emplace(std::pair(name, words), static_cast<solve::SetId>(problem_.sets.size()));
  if (added) {
    solve::CandidateSet set{.name = name};
    for (const std::size_t release : releases) set.members.push_back(candidates_[name][release]);
    std::sort(set.members.begin(), set.members.end());
    problem_.sets.push_back(std::move(set));
    set_words_.push_back(words);
  }
  return found->second;
}

std::vector<ProjectId> Encoding::unknown_needs(solve::CandidateId id) const {
  std::vector<ProjectId> unknown;
  const Node& node = nodes_[problem_.candidates[id].name];
  for (const Need& need : universe_.needs(node.project, releases_[id], node.extra)) {
    if (universe_.project(need.project).state == Project::State::unknown) unknown.push_back(need.project);
  }
  return unknown;
}

bool Encoding::is_certain(const std::vector<solve::CandidateId>& chosen) const {
  std::map<ProjectId, std::size_t> picked;
  for (const solve::CandidateId id : chosen) picked[project(id)] = releases_[id];
  std::map<ProjectId, std::vector<const pypi::Requirement*>> asked;
  for (const std::size_t request : job_requests_) {
    const pypi::Requirement& requirement = universe_.problem().requests[request].requirement;
    const ProjectId project = universe_.known(requirement.name);
    const auto pick = picked.find(project);
    if (pick == picked.end() || universe_.matching(project, requirement).front() != pick->second) return false;
    asked[project].push_back(&requirement);
  }
  for (const solve::CandidateId id : chosen) {
    const Node& node = nodes_[problem_.candidates[id].name];
    for (const Need& need : universe_.needs(node.project, releases_[id], node.extra)) {
      asked[need.project].push_back(&need.requirement);
    }
  }
  for (const auto& [project, release] : picked) {
    for (std::size_t better = 0; better < release; ++better) {
      const auto& needs = asked[project];
      const bool is_open = std::all_of(needs.begin(), needs.end(), [&, id = project](const pypi::Requirement* need) {
        return allows(*need, id, better);
      });
      if (is_open) return false;
    }
  }
  return true;
}

bool Encoding::allows(const pypi::Requirement& requirement, ProjectId project, std::size_t release) const {
  const auto found = members_.find({project, set_key(requirement)});
  return found == members_.end() || std::binary_search(found->second.begin(), found->second.end(), release);
}

}  // namespace envlock::resolve
