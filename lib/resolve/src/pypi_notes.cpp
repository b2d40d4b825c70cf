#include "pypi_notes.h"

#include <algorithm>
#include <set>

#include "conda_wish.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "pypi_askers.h"
#include "pypi_encoding.h"

namespace envlock::resolve {

core::Diagnostic tell_ambiguous(const Universe& universe, const Project& project) {
  std::vector<std::string> indexes{core::without_secrets(project.index)};
  for (const std::string& other : project.also_on) indexes.push_back(core::without_secrets(other));
  core::Diagnostic diagnostic{
      .code = "index-ambiguous",
      .what = "`" + project.name + "` stands on several indexes, and they need not mean the same project by it",
      .why = {"it is on " + core::join(indexes, " and on "),
              "whoever may upload to one of them could replace what you mean by something else"},
      .hints = {"say which one: `--pypi-index " + project.name + "=" + indexes.front() +
                "`, or under `[pypi.index]` of envlock.toml"}};
  tell_who_asks(universe, universe.known(project.name), diagnostic);
  return diagnostic;
}

void note_surprises(const Universe& universe, const Project& project, const Release& release, core::Notes& notes) {
  const auto reasons = [](const std::string& said) {
    return said.empty() ? std::vector<std::string>{} : std::vector<std::string>{core::printable(said, 200)};
  };
  if (release.yanked) {
    core::Diagnostic yanked{.code = "pypi-yanked",
                            .what = "`" + project.name + " " + release.version_text + "` was yanked from its index",
                            .why = reasons(release.file.yanked_reason),
                            .hints = {"ask for another version"}};
    tell_who_asks(universe, universe.known(project.name), yanked);
    notes.warning(std::move(yanked));
  }
  if (project.status == "archived" || project.status == "deprecated") {
    core::Diagnostic status{.code = "pypi-project-status",
                            .what = "`" + project.name + "` is " + project.status,
                            .why = reasons(project.status_reason)};
    tell_who_asks(universe, universe.known(project.name), status);
    notes.note(std::move(status));
  }
}

void note_held_back(const Universe& universe, const std::map<std::string, PypiPick>& picks, core::Notes& notes) {
  const PypiProblem& problem = universe.problem();
  std::set<std::string> told;
  for (const std::size_t request : deciding_requests(problem)) {
    const pypi::Requirement& requirement = problem.requests[request].requirement;
    const auto pick = picks.find(requirement.name);
    if (pick == picks.end() || !told.insert(requirement.name).second) continue;
    const ProjectId id = universe.known(requirement.name);
    const std::vector<std::size_t> matching = universe.matching(id, requirement);
    if (matching.empty()) continue;
    const Release& newest = universe.project(id).releases[matching.front()];
    if (newest.version_text == pick->second.version || newest.state != Release::State::read) continue;
    for (const Need& need : newest.needs) {
      const Project& needed = universe.project(need.project);
      if (!needed.provided || !universe.matching(need.project, need.requirement).empty()) continue;
      notes.note({.code = "pypi-held-back",
                  .what = "`" + requirement.name + " " + pick->second.version + "` is chosen for " + problem.platform +
                          ", not " + newest.version_text,
                  .where = problem.requests[request].where,
                  .why = {newest.version_text + " needs `" + needed.name + need.requirement.specifiers.format() +
                          "`, and the conda part brings `" + needed.provided->conda_name + " " +
                          needed.provided->version + "`"},
                  .hints = {"`" + make_conda_wish(*needed.provided, need.requirement.specifiers).spec +
                            "` under `dependencies:` lets it in, if conda can bring that"}});
      break;
    }
  }
}

void note_unknown_extras(const Universe& universe, const PypiPick& pick, core::Notes& notes) {
  for (const std::string& extra : pick.extras) {
    const std::vector<std::string>& known = pick.metadata.provides_extra;
    if (std::find(known.begin(), known.end(), extra) != known.end()) continue;
    core::Diagnostic diagnostic{.code = "pypi-extra-unknown",
                                .what = "`" + pick.name + " " + pick.version + "` has no extra `" + extra + "`"};
    if (const auto near = core::closest_match(extra, known)) {
      diagnostic.hints.push_back("did you mean `" + pick.name + "[" + *near + "]`?");
    }
    tell_who_asks(universe, universe.known(pick.name), diagnostic);
    notes.warning(std::move(diagnostic));
  }
}

}  // namespace envlock::resolve
