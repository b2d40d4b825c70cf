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

  /// Some ways of choosing a name that fail for the same reason.
  struct Ways {
    std::vector<RecordId> records;
    Story::Facts facts;
  };

  /// No single chain refuses the requests: each way of choosing one name fails for a reason of its own. The name with
  /// the fewest ways that all fail by pruning is told way by way.
  void tell_by_cases(const std::vector<solve::JobId>& jobs, const solve::Pruned& pruned) {
    std::size_t attempts = 400;
    for (const solve::NameId name : names_by_ways(pruned)) {
      const auto ways = refute_each(name, jobs, pruned, attempts);
      if (ways.empty()) continue;
      constexpr std::size_t kMostTold = 2;
      std::vector<std::string>& why = conflict_.diagnostic.why;
      for (std::size_t i = 0; i < std::min(ways.size(), kMostTold); ++i) {
        const std::string name_text(catalog_.name(translation_.names[name]).text);
        std::string text = "with " + quote(name_text + " " + range(versions_of(catalog_, ways[i].records))) + ": ";
        const std::size_t lines = std::min<std::size_t>(ways[i].facts.lines.size(), 3);
        for (std::size_t line = 0; line < lines; ++line) text += (line == 0 ? "" : "; ") + ways[i].facts.lines[line];
        why.push_back(std::move(text));
      }
      if (ways.size() > kMostTold) {
        why.push_back("and likewise for " + std::to_string(ways.size() - kMostTold) + " other ways");
      }
      for (const Ways& way : ways) cited_.insert(way.facts.cited.begin(), way.facts.cited.end());
      return;
    }
    conflict_.diagnostic.why.push_back("these can be had without any one of them, but not all together:");
    for (const std::size_t request : conflict_.core) {
      conflict_.diagnostic.why.push_back(cite(requests_[request]));
      cited_.insert(request);
    }
  }

  /// Mandatory names that leave a choice, fewest candidates first.
  std::vector<solve::NameId> names_by_ways(const solve::Pruned& pruned) const {
    std::vector<std::tuple<std::ptrdiff_t, std::string_view, solve::NameId>> sorted;
    for (solve::NameId name = 0; name < translation_.problem.names.size(); ++name) {
      if (pruned.mandates[name].cause == solve::Mandate::Cause::none) continue;
      const auto& candidates = translation_.problem.names[name];
      const auto live =
          std::count_if(candidates.begin(), candidates.end(), [&](solve::CandidateId id) { return pruned.alive(id); });
      if (live >= 2) sorted.emplace_back(live, catalog_.name(translation_.names[name]).text, name);
    }
    std::sort(sorted.begin(), sorted.end());
    std::vector<solve::NameId> names;
    for (const auto& entry : sorted) names.push_back(std::get<2>(entry));
    return names;
  }

  /// The ways of choosing a name, each refuted, those with the same story together. Empty when one cannot be refuted by
  /// pruning, or when the attempts are used up.
  std::vector<Ways> refute_each(solve::NameId name, const std::vector<solve::JobId>& jobs, const solve::Pruned& pruned,
                                std::size_t& attempts) {
    std::vector<Ways> ways;
    for (const solve::CandidateId id : translation_.problem.names[name]) {
      if (!pruned.alive(id)) continue;
      if (attempts == 0) return {};
      --attempts;
      solve::Exclusion excluded;
      solve::exclude_others(translation_.problem, id, excluded);
      const solve::Pruned tried = pruner_.run(jobs, solve::PruneLevel::full, excluded);
      if (!tried.emptied) return {};
      Story::Facts facts = story_.tell(tried, jobs);
      const auto same =
          std::find_if(ways.begin(), ways.end(), [&](const Ways& way) { return way.facts.lines == facts.lines; });
      if (same != ways.end()) {
        same->records.push_back(translation_.records[id]);
      } else {
        ways.push_back({{translation_.records[id]}, std::move(facts)});
      }
    }
    return ways;
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
