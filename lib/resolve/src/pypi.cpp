#include "envlock/resolve/pypi.h"

#include <algorithm>
#include <set>

#include "conda_wish.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/solve/solver.h"
#include "pypi_encoding.h"
#include "pypi_explain.h"
#include "pypi_notes.h"
#include "pypi_remedy.h"

namespace envlock::resolve {
namespace {

/// How many releases of a set take part until the choice is made; then all are asked whether they change it.
constexpr std::size_t kWindow = 12;
/// So much wider it gets when there is no answer; from kWidest on all take part.
constexpr std::size_t kWiden = 4;
constexpr std::size_t kWidest = 1000;
/// When a choice is taken back again and again, so many releases are read at once at most.
constexpr std::size_t kMostRead = 16;
constexpr std::size_t kMostRounds = 2000;
/// How many releases are tried for a line whose locked one cannot stay.
constexpr std::size_t kMostTried = 48;

std::vector<solve::JobId> all_jobs(const solve::Problem& problem) {
  std::vector<solve::JobId> jobs(problem.jobs.size());
  for (solve::JobId job = 0; job < jobs.size(); ++job) jobs[job] = job;
  return jobs;
}

/// The picks that the jobs reach, by name.
std::vector<solve::CandidateId> reached(const solve::Problem& problem, const solve::Picks& picks) {
  std::map<solve::NameId, solve::CandidateId> chosen;
  for (const solve::CandidateId id : picks) chosen.emplace(problem.candidates[id].name, id);
  std::set<solve::NameId> seen;
  std::vector<solve::NameId> pending;
  for (const solve::SetId set : problem.jobs) pending.push_back(problem.sets[set].name);
  std::vector<solve::CandidateId> result;
  while (!pending.empty()) {
    const solve::NameId name = pending.back();
    pending.pop_back();
    const auto found = chosen.find(name);
    if (found == chosen.end() || !seen.insert(name).second) continue;
    result.push_back(found->second);
    for (const solve::SetId set : problem.needs(found->second)) pending.push_back(problem.sets[set].name);
  }
  std::sort(result.begin(), result.end());
  return result;
}

class Resolver {
 public:
  Resolver(const PypiProblem& problem, pypi::Source& source, core::Notes& notes)
      : problem_(problem), universe_(problem, source, notes), notes_(notes) {}

  PypiOutcome run() {
    if (auto conflict = conflict_with_facts()) return std::move(*conflict);
    load_requested();
    Windows windows{.general = kWindow, .wider = {}};
    for (std::size_t round = 0; round < kMostRounds; ++round) {
      const Encoding encoding(universe_, windows);
      const auto picks = choose(encoding);
      if (!picks) {
        // What the lock alone does not give, the indexes may.
        if (const std::vector<ProjectId> partial = universe_.partial(); !partial.empty()) {
          universe_.load(partial);
        } else if (encoding.is_narrowed()) {
          widen(windows, encoding);
        } else {
          return explain_pypi(universe_, encoding);
        }
        continue;
      }
      const std::vector<solve::CandidateId> chosen = reached(encoding.problem(), *picks);
      if (learn(encoding, chosen)) continue;
      if (encoding.is_narrowed() && !encoding.is_certain(chosen)) {
        windows = {};
        continue;
      }
      if (close_unnamed(encoding, chosen)) continue;
      return finish(encoding, chosen);
    }
    throw core::Error({.code = "solve-endless",
                       .what = "no end of the choice of PyPI distributions is in sight for " + problem_.platform,
                       .why = {std::to_string(kMostRounds) + " rounds of reading metadata were not enough"},
                       .hints = {"bound the names that are asked for more tightly"}});
  }

 private:
  /// A place that is named for what conda brings, and a constraint that it breaks: no choice could mend either.
  std::optional<PypiConflict> conflict_with_facts() const {
    const auto fact_of = [&](const pypi::PipRequest& line) -> const ProvidedDistribution* {
      for (const ProvidedDistribution& provided : problem_.provided) {
        if (provided.name == line.requirement.name && line.requirement.marker.holds(problem_.environment))
          return &provided;
      }
      return nullptr;
    };
    const auto refuse = [&](const pypi::PipRequest& line, const ProvidedDistribution& fact, std::string hint) {
      PypiConflict conflict;
      conflict.diagnostic = {.code = "conda-conflict",
                             .what = "`" + core::printable(line.text, 80) + "` cannot be met for " + problem_.platform,
                             .where = line.where,
                             .why = {"the conda part brings `" + fact.conda_name + " " + fact.version +
                                     "`, and pip never replaces what conda installs"},
                             .hints = {std::move(hint)}};
      return conflict;
    };
    for (const pypi::PipRequest& line : problem_.requests) {
      if (line.kind == pypi::PipRequest::Kind::named) continue;
      if (const auto* fact = fact_of(line)) {
        return refuse(line, *fact, "take one of the two out: the conda package or the line");
      }
    }
    for (const pypi::PipRequest& line : problem_.constraints) {
      const auto* fact = fact_of(line);
      if (fact == nullptr) continue;
      const auto version = pypi::Version::try_parse(fact->version);
      if (version && line.requirement.specifiers.contains(*version)) continue;
      const CondaWish wish = make_conda_wish(*fact, line.requirement.specifiers);
      PypiConflict conflict = refuse(line, *fact, wish.hint);
      conflict.wishes = {wish};
      return conflict;
    }
    return std::nullopt;
  }

  void load_requested() {
    std::vector<ProjectId> ids;
    for (const std::size_t request : deciding_requests(problem_)) {
      const ProjectId id = universe_.known(problem_.requests[request].requirement.name);
      const bool known = universe_.project(id).state != Project::State::unknown;
      if (!known && std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
    }
    if (ids.empty()) return;
    universe_.load(ids);
    std::set<Universe::ReleaseRef> best;
    for (const std::size_t request : deciding_requests(problem_)) {
      const pypi::Requirement& requirement = problem_.requests[request].requirement;
      const ProjectId id = universe_.known(requirement.name);
      const std::vector<std::size_t> matching = universe_.matching(id, requirement);
      if (matching.empty()) continue;
      if (universe_.project(id).releases[matching.front()].state == Release::State::unread) {
        best.emplace(id, matching.front());
      }
    }
    if (!best.empty()) universe_.read({best.begin(), best.end()});
  }

  /// Takes more releases in: of the project that nothing was left of, where that is known, else of all.
  static void widen(Windows& windows, const Encoding& encoding) {
    const solve::Pruner pruner(encoding.problem());
    const solve::Pruned pruned = pruner.run(all_jobs(encoding.problem()), solve::PruneLevel::full);
    if (pruned.emptied) {
      const ProjectId project = encoding.node(*pruned.emptied).project;
      if (encoding.is_narrowed(project)) {
        windows.wider[project] = windows.of(project) * kWiden;
        return;
      }
    }
    windows.general = windows.general * kWiden < kWidest ? windows.general * kWiden : 0;
  }

  std::optional<solve::Picks> choose(const Encoding& encoding) const {
    const solve::Problem& problem = encoding.problem();
    const solve::Pruner pruner(problem);
    const std::vector<solve::JobId> jobs = all_jobs(problem);
    solve::Exclusion excluded;
    if (!problem_.favored.empty()) keep_favored(encoding, pruner, jobs, excluded);
    // Numbering the candidates in bits costs less than pairs of them, and here nobody's choices are to be met. Few take
    // part in most rounds, so whether there is an answer shows soon enough.
    return solve::solve(pruner, jobs, excluded,
                        {.method = solve::Method{solve::Encoding::bits, solve::PruneLevel::full},
                         .refuse_first = !encoding.is_narrowed()});
  }

  /// Favored releases stay where that leaves an answer: those that are asked for by name before the others. A line
  /// whose release cannot stay has the best that there is, before anything else is kept: what nobody asks for by name
  /// gives way to it, so that one line that moves does not drag another back through its whole history.
  void keep_favored(const Encoding& encoding, const solve::Pruner& pruner, const std::vector<solve::JobId>& jobs,
                    solve::Exclusion& excluded) const {
    const solve::Problem& problem = encoding.problem();
    std::set<solve::NameId> requested;
    for (const solve::SetId set : problem.jobs) {
      if (encoding.node(problem.sets[set].name).extra.empty()) requested.insert(problem.sets[set].name);
    }
    std::vector<solve::CandidateId> lines;
    std::vector<solve::CandidateId> others;
    for (solve::CandidateId id = 0; id < problem.candidates.size(); ++id) {
      const Node& node = encoding.node(problem.candidates[id].name);
      if (!node.extra.empty() || !universe_.project(node.project).releases[encoding.release(id)].favored) continue;
      (requested.contains(problem.candidates[id].name) ? lines : others).push_back(id);
    }
    std::set<solve::NameId> moving;
    for (const FavoredDistribution& favored : problem_.favored) {
      for (const solve::NameId name : requested) {
        if (universe_.project(encoding.node(name).project).name == favored.name) moving.insert(name);
      }
    }
    const auto keep = [&](const std::vector<solve::CandidateId>& wanted, solve::Exclusion& held) {
      const std::vector<bool> kept = solve::find_keepable(pruner, jobs, wanted, held);
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (!kept[i]) continue;
        solve::exclude_others(problem, wanted[i], held);
        moving.erase(problem.candidates[wanted[i]].name);
      }
    };
    solve::Exclusion held = excluded;
    keep(lines, held);
    if (!moving.empty()) {
      held = excluded;
      for (const solve::NameId name : moving) take_best(problem, pruner, jobs, name, held);
      const std::set<solve::NameId> moved = moving;
      std::erase_if(lines, [&](solve::CandidateId id) { return moved.contains(problem.candidates[id].name); });
      for (const solve::CandidateId id : lines) moving.insert(problem.candidates[id].name);
      keep(lines, held);
      for (const solve::NameId name : moving) {
        if (!moved.contains(name)) take_best(problem, pruner, jobs, name, held);
      }
    }
    keep(others, held);
    excluded = std::move(held);
  }

  /// Leaves of a name only the best candidate that an answer can have, where that is found soon.
  static void take_best(const solve::Problem& problem, const solve::Pruner& pruner,
                        const std::vector<solve::JobId>& jobs, solve::NameId name, solve::Exclusion& held) {
    std::size_t attempts = 0;
    for (const solve::CandidateId id : problem.names[name]) {
      if (attempts++ == kMostTried) return;
      if (!solve::find_keepable(pruner, jobs, std::vector{id}, held).front()) continue;
      solve::exclude_others(problem, id, held);
      return;
    }
  }

  /// Fetches what the chosen releases leave open. False: nothing was.
  bool learn(const Encoding& encoding, const std::vector<solve::CandidateId>& chosen) {
    std::set<ProjectId> pages;
    std::set<ProjectId> provided;
    std::set<Universe::ReleaseRef> unread;
    for (const solve::CandidateId id : chosen) {
      for (const ProjectId needed : encoding.unknown_needs(id)) pages.insert(needed);
      const ProjectId project = encoding.project(id);
      const Project& known = universe_.project(project);
      const std::size_t release = encoding.release(id);
      const std::string& extra = encoding.node(encoding.problem().candidates[id].name).extra;
      const bool told =
          std::find(known.known_extras.begin(), known.known_extras.end(), extra) != known.known_extras.end();
      if (known.provided && !extra.empty() && !known.extras_known && !told) provided.insert(project);
      if (known.releases[release].state != Release::State::unread) continue;
      unread.emplace(project, release);
      // Taken back before: the next ones are likely to be asked for too.
      std::size_t more = std::min(known.reads, kMostRead);
      for (std::size_t next = release + 1; more > 0 && next < known.releases.size(); ++next) {
        if (known.releases[next].state != Release::State::unread || known.releases[next].yanked) continue;
        if (known.releases[next].version.is_prerelease() && !known.pre) continue;
        unread.emplace(project, next);
        --more;
      }
    }
    if (!pages.empty()) {
      universe_.load({pages.begin(), pages.end()});
      for (const solve::CandidateId id : chosen) guess_next(encoding, id, pages, unread);
    }
    if (!provided.empty()) universe_.read_provided({provided.begin(), provided.end()});
    if (!unread.empty()) universe_.read({unread.begin(), unread.end()});
    return !pages.empty() || !provided.empty() || !unread.empty();
  }

  /// What a need of a new project will most likely lead to: its best release. Guessed now, it costs no round of its
  /// own.
  void guess_next(const Encoding& encoding, solve::CandidateId id, const std::set<ProjectId>& pages,
                  std::set<Universe::ReleaseRef>& unread) {
    const std::string& extra = encoding.node(encoding.problem().candidates[id].name).extra;
    for (const Need& need : universe_.needs(encoding.project(id), encoding.release(id), extra)) {
      if (!pages.contains(need.project)) continue;
      const std::vector<std::size_t> matching = universe_.matching(need.project, need.requirement);
      if (matching.empty()) continue;
      const Release& best = universe_.project(need.project).releases[matching.front()];
      if (best.state == Release::State::unread) unread.emplace(need.project, matching.front());
    }
  }

  /// Pre-releases that only needs of releases let in that were not chosen in the end: they do not count. True: there
  /// were such.
  bool close_unnamed(const Encoding& encoding, const std::vector<solve::CandidateId>& chosen) {
    std::map<ProjectId, bool> named;  // of those that were let in so
    for (const solve::CandidateId id : chosen) {
      const ProjectId project = encoding.project(id);
      const Project& known = universe_.project(project);
      if (known.releases[encoding.release(id)].version.is_prerelease() && !known.pre && !known.naming.empty()) {
        named.emplace(project, false);
      }
    }
    if (named.empty()) return false;
    const auto hear = [&](ProjectId project, const pypi::Requirement& requirement) {
      const auto found = named.find(project);
      if (found != named.end()) found->second |= universe_.needs_prerelease(project, requirement);
    };
    for (const std::size_t request : deciding_requests(problem_)) {
      const pypi::Requirement& requirement = problem_.requests[request].requirement;
      hear(universe_.known(requirement.name), requirement);
    }
    for (const solve::CandidateId id : chosen) {
      const std::string& extra = encoding.node(encoding.problem().candidates[id].name).extra;
      for (const Need& need : universe_.needs(encoding.project(id), encoding.release(id), extra)) {
        hear(need.project, need.requirement);
      }
    }
    bool closed = false;
    for (const auto& [project, is_named] : named) {
      if (is_named) continue;
      universe_.project(project).naming_closed = true;
      closed = true;
    }
    return closed;
  }

  PypiOutcome finish(const Encoding& encoding, const std::vector<solve::CandidateId>& chosen) {
    PypiSolution solution;
    std::map<std::string, PypiPick> picks;
    std::vector<core::Diagnostic> ambiguous;
    for (const solve::CandidateId id : chosen) {
      const Node& node = encoding.node(encoding.problem().candidates[id].name);
      const Project& project = universe_.project(node.project);
      if (project.provided) {
        if (!node.extra.empty()) solution.provided_extras.push_back(provided_extra(project, node.extra));
        continue;
      }
      PypiPick& pick = picks[project.name];
      if (!node.extra.empty()) {
        pick.extras.push_back(node.extra);
        continue;
      }
      const Release& release = project.releases[encoding.release(id)];
      pick.name = project.name;
      pick.version = release.version_text;
      pick.index = project.index;
      pick.file = release.file;
      pick.others = release.others;
      pick.metadata = release.metadata;
      pick.placed = project.state == Project::State::placed;
      pick.needs_build = release.needs_build;
      if (!project.also_on.empty()) ambiguous.push_back(tell_ambiguous(universe_, project));
      note_surprises(universe_, project, release, notes_);
    }
    if (!ambiguous.empty()) throw core::Error(std::move(ambiguous));
    note_held_back(universe_, picks, notes_);
    for (auto& [name, pick] : picks) {
      std::sort(pick.extras.begin(), pick.extras.end());
      note_unknown_extras(universe_, pick, notes_);
      solution.picks.push_back(std::move(pick));
    }
    std::vector<std::string> broken = check(problem_, solution);
    if (!broken.empty()) {
      throw core::Error({.code = "solver-bug",
                         .what = "the solver's answer does not hold; this is a bug of ours, please report it",
                         .why = std::move(broken)});
    }
    return solution;
  }

  ProvidedExtra provided_extra(const Project& project, const std::string& extra) {
    ProvidedExtra result{project.name, extra, {}};
    const std::vector<std::string>& known = project.releases.front().metadata.provides_extra;
    if (std::find(known.begin(), known.end(), extra) != known.end()) {
      for (const Need& need : universe_.needs(universe_.known(project.name), 0, extra)) {
        result.requires_dist.push_back(need.requirement.format());
      }
    } else {
      notes_.warning({.code = "pypi-extra-unknown",
                      .what = "what `" + project.name + "[" + extra + "]` adds is not known",
                      .why = {"conda brings `" + project.provided->conda_name + " " + project.provided->version +
                              "`, and no index tells what the extra needs in that version"},
                      .hints = {"name what you need of it in lines of its own"}});
    }
    return result;
  }

  const PypiProblem& problem_;
  Universe universe_;
  core::Notes& notes_;
};

}  // namespace

PypiOutcome pypi(const PypiProblem& problem, pypi::Source& source, core::Notes& notes) {
  PypiOutcome outcome = Resolver(problem, source, notes).run();
  if (auto* conflict = std::get_if<PypiConflict>(&outcome); conflict != nullptr && problem.seek_remedies) {
    add_remedies(problem, *conflict, [&](const PypiProblem& changed) {
      core::Notes unheard;
      return Resolver(changed, source, unheard).run();
    });
  }
  return outcome;
}

}  // namespace envlock::resolve
