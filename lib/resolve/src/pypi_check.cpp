// The independent checker: plain loops over the picks, nothing of the solver's.
#include <algorithm>
#include <map>
#include <set>

#include "envlock/core/text.h"
#include "envlock/pypi/project_folder.h"
#include "envlock/resolve/pypi.h"

namespace envlock::resolve {
namespace {

class Checker {
 public:
  Checker(const PypiProblem& problem, const PypiSolution& solution) : problem_(problem) {
    for (const PypiPick& pick : solution.picks) {
      if (!picks_.emplace(pick.name, &pick).second) broken("`" + pick.name + "` is chosen twice");
    }
    for (const ProvidedDistribution& provided : problem.provided) {
      if (picks_.contains(provided.name)) broken("`" + provided.name + "` is chosen, but conda provides it");
      provided_.emplace(provided.name, &provided);
    }
    for (const ProvidedExtra& each : solution.provided_extras) provided_extras_[{each.name, each.extra}] = &each;
  }

  std::vector<std::string> run() {
    for (const pypi::PipRequest& request : problem_.requests) {
      if (request.requirement.marker.holds(problem_.environment)) meet(request.requirement, "a line");
    }
    while (!pending_.empty()) {
      const auto [name, extra] = pending_.back();
      pending_.pop_back();
      for (const std::string& text : needs_of(name, extra)) {
        const auto requirement = pypi::Requirement::parse_leniently(text);
        if (!requirement) continue;
        const std::vector<std::string> extras = extra.empty() ? std::vector<std::string>{} : std::vector{extra};
        if (requirement->marker.holds(problem_.environment, extras)) meet(*requirement, "`" + name + "`");
      }
    }
    for (const auto& [name, pick] : picks_) {
      if (!reached_.contains({name, ""})) broken("`" + name + "` is chosen, but nothing asks for it");
      check_pick(*pick);
    }
    for (const pypi::PipRequest& bound : problem_.constraints) {
      const auto pick = picks_.find(bound.requirement.name);
      if (pick == picks_.end() || !bound.requirement.marker.holds(problem_.environment)) continue;
      if (!bound.requirement.specifiers.contains(pypi::Version::parse(pick->second->version))) {
        broken("`" + pick->first + " " + pick->second->version + "` is not what a constraint allows");
      }
    }
    return std::move(broken_);
  }

 private:
  void broken(std::string sentence) { broken_.push_back(core::printable(sentence, 400)); }

  void meet(const pypi::Requirement& requirement, const std::string& who) {
    const std::string need = who + " needs `" + requirement.name + requirement.specifiers.format() + "`, ";
    if (const auto fact = provided_.find(requirement.name); fact != provided_.end()) {
      const auto version = pypi::Version::try_parse(fact->second->version);
      if (!requirement.specifiers.empty() && (!version || !requirement.specifiers.contains(*version))) {
        broken(need + "which conda's " + fact->second->version + " is not");
      }
      for (const std::string& extra : requirement.extras) reach(requirement.name, extra);
      return;
    }
    const auto pick = picks_.find(requirement.name);
    if (pick == picks_.end()) return broken(need + "which is not chosen");
    const bool is_unknown = pick->second->placed && pick->second->version == pypi::kUnknownVersion;
    if (!is_unknown && !requirement.specifiers.contains(pypi::Version::parse(pick->second->version))) {
      broken(need + "which " + pick->second->version + " is not");
    }
    reach(requirement.name, "");
    for (const std::string& extra : requirement.extras) reach(requirement.name, extra);
  }

  const std::vector<std::string>& needs_of(const std::string& name, const std::string& extra) const {
    static const std::vector<std::string> kNone;
    if (const auto pick = picks_.find(name); pick != picks_.end()) return pick->second->metadata.requires_dist;
    const auto found = provided_extras_.find({name, extra});
    return found == provided_extras_.end() ? kNone : found->second->requires_dist;
  }

  void reach(const std::string& name, const std::string& extra) {
    if (reached_.insert({name, extra}).second) pending_.emplace_back(name, extra);
  }

  void check_pick(const PypiPick& pick) {
    if (pick.placed) return;
    const auto python = pypi::Version::try_parse(problem_.environment.python_full_version);
    const auto specifiers = pypi::Specifiers::parse_leniently(pick.metadata.requires_python);
    if (python && specifiers && !specifiers->contains(*python)) {
      broken("`" + pick.name + "` is not for python " + problem_.environment.python_full_version);
    }
    if (pick.needs_build) return;
    const auto wheel = pypi::parse_wheel_name(pick.file.file_name);
    if (!wheel || !problem_.tags->rank(*wheel)) broken("`" + pick.file.file_name + "` does not fit the platform");
  }

  const PypiProblem& problem_;
  std::map<std::string, const PypiPick*> picks_;
  std::map<std::string, const ProvidedDistribution*> provided_;
  std::map<std::pair<std::string, std::string>, const ProvidedExtra*> provided_extras_;
  std::set<std::pair<std::string, std::string>> reached_;
  std::vector<std::pair<std::string, std::string>> pending_;
  std::vector<std::string> broken_;
};

}  // namespace

std::vector<std::string> check(const PypiProblem& problem, const PypiSolution& solution) {
  return Checker(problem, solution).run();
}

}  // namespace envlock::resolve
