#include "pypi_explain.h"

#include <algorithm>
#include <set>

#include "conda_wish.h"
#include "envlock/core/text.h"
#include "envlock/solve/solver.h"
#include "pypi_absence.h"

namespace envlock::resolve {
namespace {

constexpr std::size_t kMostLines = 12;

std::string place_of(const pypi::PipRequest& request) {
  if (request.where.file.empty()) return "";
  return request.where.file + (request.where.line > 0 ? ":" + std::to_string(request.where.line) : "");
}

std::string cite(const pypi::PipRequest& request) {
  const std::string place = place_of(request);
  return "`" + core::printable(request.text, 80) + "`" + (place.empty() ? "" : " (" + place + ")");
}

class Explainer {
 public:
  Explainer(const Universe& universe, const Encoding& encoding)
      : universe_(universe), encoding_(encoding), problem_(encoding.problem()), pruner_(problem_) {}

  PypiConflict run() {
    std::set<std::size_t> unmet;
    for (solve::JobId job = 0; job < problem_.jobs.size(); ++job) {
      if (problem_.sets[problem_.jobs[job]].members.empty()) unmet.insert(encoding_.request(job));
    }
    if (!unmet.empty()) return tell_lines(unmet);
    std::vector<solve::JobId> jobs(problem_.jobs.size());
    for (solve::JobId job = 0; job < jobs.size(); ++job) jobs[job] = job;
    const std::vector<solve::JobId> core = solve::minimal_core(pruner_, {}, jobs);
    std::set<std::size_t> requests;
    for (const solve::JobId job : core) requests.insert(encoding_.request(job));
    conflict_.core.assign(requests.begin(), requests.end());
    core::Diagnostic& diagnostic = conflict_.diagnostic;
    diagnostic.code = "no-solution";
    diagnostic.what = "no set of PyPI distributions meets the `pip:` section for " + universe_.problem().platform;
    if (conflict_.core.size() == 1) diagnostic.where = request(conflict_.core.front()).where;
    const solve::Pruned pruned = pruner_.run(core, solve::PruneLevel::full);
    pruned_ = &pruned;
    is_core_.assign(problem_.jobs.size(), false);
    for (const solve::JobId job : core) is_core_[job] = true;
    if (pruned.emptied) tell_mandate(*pruned.emptied), tell_emptied(*pruned.emptied);
    tell_rest();
    add_hints();
    return std::move(conflict_);
  }

 private:
  using Members = std::vector<solve::CandidateId>;

  const pypi::PipRequest& request(std::size_t index) const { return universe_.problem().requests[index]; }

  /// Lines that nothing meets, each by itself, in their order.
  PypiConflict tell_lines(const std::set<std::size_t>& unmet) {
    for (const std::size_t index : unmet) {
      const pypi::PipRequest& line = request(index);
      const Project& project = universe_.project(universe_.known(line.requirement.name));
      Absence absence = explain_absence(universe_, project, line.requirement);
      core::Diagnostic told = {
          .code = absence.code,
          .what = "`" + core::printable(line.text, 80) + "` cannot be met for " + universe_.problem().platform,
          .where = line.where,
          .why = std::move(absence.why),
          .hints = std::move(absence.hints)};
      if (index != *unmet.begin()) {
        conflict_.others.push_back(std::move(told));
        continue;
      }
      conflict_.core = {index};
      conflict_.diagnostic = std::move(told);
      if (absence.wish) conflict_.wishes.push_back(std::move(*absence.wish));
    }
    return std::move(conflict_);
  }

  void add(std::string line) {
    std::vector<std::string>& why = conflict_.diagnostic.why;
    if (why.size() < kMostLines && std::find(why.begin(), why.end(), line) == why.end()) why.push_back(std::move(line));
  }

  std::string title(solve::NameId name) const {
    const Node& node = encoding_.node(name);
    const std::string& project = universe_.project(node.project).name;
    return node.extra.empty() ? project : project + "[" + node.extra + "]";
  }

  /// "`x 1.2`", "`x 1.0 to 1.9`": candidates of one name, best first.
  std::string subject(solve::NameId name, const Members& members) const {
    const auto& releases = universe_.project(encoding_.node(name).project).releases;
    const std::string& newest = releases[encoding_.release(members.front())].version_text;
    const std::string& oldest = releases[encoding_.release(members.back())].version_text;
    return "`" + title(name) + " " + (newest == oldest ? newest : oldest + " to " + newest) + "`";
  }

  std::string cite_job(solve::JobId job) {
    cited_.insert(encoding_.request(job));
    return cite(request(encoding_.request(job)));
  }

  /// The words with which candidates need a name: those of the best and of the last of them.
  std::string needed_words(const Members& members, solve::NameId target) const {
    std::vector<std::string> words;
    for (const solve::CandidateId id : members) {
      for (const solve::SetId set : problem_.needs(id)) {
        if (problem_.sets[set].name != target) continue;
        const std::string& each = encoding_.words(set);
        if (std::find(words.begin(), words.end(), each) == words.end()) words.push_back(each);
      }
    }
    if (words.empty()) return "`" + title(target) + "`";
    std::string text = "`" + words.front() + "`";
    if (words.size() == 2) text += " or `" + words.back() + "`";
    if (words.size() > 2) text += " to `" + words.back() + "`";
    return text;
  }

  Members live_or_all(solve::NameId name) const {
    Members live;
    for (const solve::CandidateId id : problem_.names[name]) {
      if (pruned_->alive(id)) live.push_back(id);
    }
    return live.empty() ? problem_.names[name] : live;
  }

  /// Why a name must be chosen at all.
  void tell_mandate(solve::NameId name) {
    if (!told_mandates_.insert(name).second) return;
    const solve::Mandate& mandate = pruned_->mandates[name];
    if (mandate.cause == solve::Mandate::Cause::job) {
      add(cite_job(mandate.job) + " is asked for");
    } else if (mandate.cause == solve::Mandate::Cause::needed) {
      tell_mandate(mandate.by);
      const Members members = live_or_all(mandate.by);
      if (title(mandate.by).starts_with(title(name) + "[")) return;
      add(subject(mandate.by, members) + " needs " + needed_words(members, name));
    }
  }

  /// Why nothing of a name is left, cause by cause.
  void tell_emptied(solve::NameId name) {
    if (!told_.insert(name).second) return;
    const Members& all = problem_.names[name];
    if (all.empty()) return tell_absent(name);
    std::map<solve::JobId, Members> by_job;
    std::map<solve::NameId, Members> by_other;
    std::map<solve::NameId, Members> by_need;
    for (const solve::CandidateId id : all) {
      const solve::Removal& removal = pruned_->removals[id];
      switch (removal.cause) {
        case solve::Removal::Cause::job:
          by_job[removal.job].push_back(id);
          break;
        case solve::Removal::Cause::other_needs:
          by_other[removal.by].push_back(id);
          break;
        case solve::Removal::Cause::need:
          by_need[problem_.sets[removal.set].name].push_back(id);
          break;
        default:
          break;
      }
    }
    for (const auto& [job, members] : by_job) {
      if (is_core_[job]) add(cite_job(job) + " rules out " + subject(name, members));
    }
    for (const auto& [other, members] : by_other) {
      tell_mandate(other);
      const Members needing = live_or_all(other);
      add(subject(other, needing) + " needs " + needed_words(needing, name) + ", which rules out " +
          subject(name, members));
    }
    for (const auto& [target, members] : by_need) tell_need(name, members, target);
  }

  /// Candidates went because nothing of what they need is left.
  void tell_need(solve::NameId name, const Members& members, solve::NameId target) {
    const Project& project = universe_.project(encoding_.node(target).project);
    // An extra needs its own version: that is no news to anybody.
    if (encoding_.node(target).project == encoding_.node(name).project) return tell_emptied(target);
    const std::string needs = subject(name, members) + " needs " + needed_words(members, target);
    if (project.provided) {
      add(needs + ", and the conda part brings `" + project.provided->conda_name + " " + project.provided->version +
          "`, which pip never replaces");
      hint_conda(project, members, target);
      told_.insert(target);
      return;
    }
    add(needs + (problem_.names[target].empty() ? ", which cannot be had" : ""));
    tell_emptied(target);
  }

  /// The line of the conda part that would help: with the bounds of the best candidate's need.
  void hint_conda(const Project& project, const Members& members, solve::NameId target) {
    const ProjectId wanted = encoding_.node(target).project;
    for (const solve::CandidateId id : members) {
      const Node& node = encoding_.node(problem_.candidates[id].name);
      for (const Need& need : universe_.known_needs(node.project, encoding_.release(id), node.extra)) {
        if (need.project != wanted || !universe_.matching(wanted, need.requirement).empty()) continue;
        CondaWish wish = make_conda_wish(*project.provided, need.requirement.specifiers);
        hint(wish.hint);
        std::vector<CondaWish>& wishes = conflict_.wishes;
        if (std::find(wishes.begin(), wishes.end(), wish) == wishes.end()) wishes.push_back(std::move(wish));
        return;
      }
    }
  }

  void hint(std::string text) {
    std::vector<std::string>& hints = conflict_.diagnostic.hints;
    if (std::find(hints.begin(), hints.end(), text) == hints.end()) hints.push_back(std::move(text));
  }

  /// A name without any candidate: what asks for it asks for something that is not there.
  void tell_absent(solve::NameId name) {
    const Project& project = universe_.project(encoding_.node(name).project);
    Absence absence = explain_absence(universe_, project, {.name = project.name});
    for (std::string& line : absence.why) add(std::move(line));
    for (std::string& each : absence.hints) hint(std::move(each));
  }

  void tell_rest() {
    for (const std::size_t index : conflict_.core) {
      if (!cited_.contains(index)) add(cite(request(index)) + " is asked for as well");
    }
  }

  void add_hints() {
    if (conflict_.core.size() > 1) {
      hint("loosen or drop one of these lines");
    } else if (conflict_.diagnostic.hints.empty() && conflict_.core.size() == 1) {
      hint("ask for another version of `" + request(conflict_.core.front()).requirement.name + "`");
    }
  }

  const Universe& universe_;
  const Encoding& encoding_;
  const solve::Problem& problem_;
  const solve::Pruner pruner_;
  const solve::Pruned* pruned_ = nullptr;
  PypiConflict conflict_;
  std::vector<bool> is_core_;
  std::set<std::size_t> cited_;
  std::set<solve::NameId> told_;
  std::set<solve::NameId> told_mandates_;
};

}  // namespace

PypiConflict explain_pypi(const Universe& universe, const Encoding& encoding) {
  return Explainer(universe, encoding).run();
}

}  // namespace envlock::resolve
