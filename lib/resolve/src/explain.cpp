#include "explain.h"

#include <algorithm>
#include <tuple>

#include "envlock/solve/solver.h"
#include "missing.h"
#include "remedy.h"
#include "story.h"
#include "translate.h"
#include "wording.h"

namespace envlock::resolve {
namespace {

class Explainer {
 public:
  Explainer(Catalog& catalog, const std::vector<conda::Request>& requests)
      : catalog_(catalog),
        requests_(requests),
        translation_(translate(catalog, requests, Scope::all, nullptr)),
        pruner_(translation_.problem),
        story_(catalog, requests, translation_) {}

  conda::Conflict run() {
    std::vector<solve::JobId> jobs;
    for (solve::JobId job = 0; job < translation_.requests.size(); ++job) {
      if (translation_.requests[job] != Translation::kNoRequest) jobs.push_back(job);
    }
    // Jobs are in order of names, so the core does not depend on the order of the lines.
    const std::vector<solve::JobId> core = solve::minimal_core(pruner_, translation_.facts, jobs);
    for (const solve::JobId job : core) conflict_.core.push_back(translation_.requests[job]);
    std::sort(conflict_.core.begin(), conflict_.core.end(), [&](std::size_t left, std::size_t right) {
      const conda::Request& a = requests_[left];
      const conda::Request& b = requests_[right];
      return std::tie(a.where.file, a.where.line, a.text) < std::tie(b.where.file, b.where.line, b.text);
    });

    core::Diagnostic& diagnostic = conflict_.diagnostic;
    diagnostic.code = "no-solution";
    diagnostic.what = "no set of packages meets " + source_of(requests_) + " for " + catalog_.index().subdir;
    if (conflict_.core.size() == 1 && !requests_[conflict_.core.front()].where.file.empty()) {
      diagnostic.where = requests_[conflict_.core.front()].where;
    }
    std::vector<solve::JobId> heeded = translation_.facts;
    heeded.insert(heeded.end(), core.begin(), core.end());
    tell(heeded);
    add_hints();
    std::sort(conflict_.core.begin(), conflict_.core.end());
    return std::move(conflict_);
  }

 private:
  void tell(const std::vector<solve::JobId>& jobs) {
    const solve::Pruned pruned = pruner_.run(jobs, solve::PruneLevel::full);
    if (pruned.emptied) {
      take(story_.tell(pruned, jobs));
    } else {
      tell_by_cases(jobs, pruned);
    }
    for (const std::size_t request : conflict_.core) {
      if (!cited_.contains(request))
        conflict_.diagnostic.why.push_back(cite(requests_[request]) + " is asked for as well");
    }
  }

  void take(Story::Facts facts) {
    for (std::string& line : facts.lines) conflict_.diagnostic.why.push_back(std::move(line));
    cited_.merge(facts.cited);
    virtual_needs_.insert(virtual_needs_.end(), facts.virtual_needs.begin(), facts.virtual_needs.end());
  }

  /// No single chain refuses the requests: each way of choosing one name fails for a reason of its own. The name with
  /// the fewest ways that all fail by pruning is told way by way.
  void tell_by_cases(const std::vector<solve::JobId>& jobs, const solve::Pruned& pruned) {
    constexpr std::size_t kMostWays = 40;
    constexpr std::size_t kMostTold = 3;
    const solve::Problem& problem = translation_.problem;
    std::vector<std::pair<std::size_t, solve::NameId>> names;
    for (solve::NameId name = 0; name < problem.names.size(); ++name) {
      if (pruned.mandates[name].cause == solve::Mandate::Cause::none) continue;
      const auto live =
          static_cast<std::size_t>(std::count_if(problem.names[name].begin(), problem.names[name].end(),
                                                 [&](solve::CandidateId id) { return pruned.alive(id); }));
      if (live >= 2 && live <= kMostWays) names.emplace_back(live, name);
    }
    std::sort(names.begin(), names.end(), [&](const auto& left, const auto& right) {
      return std::tuple(left.first, catalog_.name(translation_.names[left.second]).text) <
             std::tuple(right.first, catalog_.name(translation_.names[right.second]).text);
    });
    constexpr std::size_t kMostNames = 20;
    if (names.size() > kMostNames) names.resize(kMostNames);
    for (const auto& entry : names) {
      std::vector<std::pair<std::string, Story::Facts>> ways;
      bool all_fail = true;
      for (const solve::CandidateId id : problem.names[entry.second]) {
        if (!pruned.alive(id)) continue;
        solve::Exclusion excluded;
        solve::exclude_others(problem, id, excluded);
        const solve::Pruned tried = pruner_.run(jobs, solve::PruneLevel::full, excluded);
        if (!tried.emptied) {
          all_fail = false;
          break;
        }
        const RecordId record = translation_.records[id];
        ways.emplace_back("with " + quote(std::string(catalog_.name(catalog_.name_of(record)).text) + " " +
                                          std::string(catalog_.version_text(record))),
                          story_.tell(tried, jobs));
      }
      if (!all_fail) continue;
      std::vector<std::string>& why = conflict_.diagnostic.why;
      for (std::size_t i = 0; i < std::min(ways.size(), kMostTold); ++i) {
        std::string text = ways[i].first;
        std::size_t lines = 0;
        for (const std::string& line : ways[i].second.lines) {
          if (lines++ < 3) text += (lines == 1 ? ": " : "; ") + line;
        }
        why.push_back(std::move(text));
        cited_.merge(ways[i].second.cited);
      }
      if (ways.size() > kMostTold)
        why.push_back("and likewise for " + std::to_string(ways.size() - kMostTold) + " more");
      return;
    }
    conflict_.diagnostic.why.push_back("each of these can be had alone, but not all together");
  }

  void add_hints() {
    std::vector<std::string>& hints = conflict_.diagnostic.hints;
    std::vector<conda::VirtualPackage> assumed;
    std::string options;
    for (const Story::VirtualNeed& need : virtual_needs_) {
      const std::string hint = virtual_package_hint(catalog_, catalog_.name(need.name).text, need.texts);
      const std::size_t space = hint.find(' ');
      if (space == std::string::npos || options.find(hint) != std::string::npos) continue;
      assumed.push_back(conda::parse_virtual_package(hint.substr(space + 1, hint.size() - space - 2)));
      options += (options.empty() ? "" : " and ") + hint;
    }
    if (!assumed.empty() && helps_to_assume(catalog_, requests_, assumed)) {
      hints.push_back("if the machines that install it have " + std::string(assumed.size() == 1 ? "it" : "them") +
                      ", say so with " + options);
    }
    for (std::string& hint : find_remedies(catalog_, requests_, conflict_.core)) hints.push_back(std::move(hint));
  }

  Catalog& catalog_;
  const std::vector<conda::Request>& requests_;
  const Translation translation_;
  const solve::Pruner pruner_;
  Story story_;
  conda::Conflict conflict_;
  std::set<std::size_t> cited_;
  std::vector<Story::VirtualNeed> virtual_needs_;
};

}  // namespace

conda::Conflict explain(Catalog& catalog, const std::vector<conda::Request>& requests) {
  if (auto missing = explain_missing(catalog, requests)) return std::move(*missing);
  return Explainer(catalog, requests).run();
}

}  // namespace envlock::resolve
