#include "envlock/resolve/conda.h"

#include "catalog.h"
#include "envlock/core/text.h"
#include "envlock/solve/solver.h"
#include "explain.h"
#include "preference.h"
#include "translate.h"

#include <algorithm>
#include <map>

namespace envlock::resolve {
namespace {

/// By record: it is one of the favored ones.
std::vector<bool> find_favored(Catalog& catalog, const CondaOptions& options) {
  std::vector<bool> is_favored(catalog.record_count());
  const conda::Index& index = catalog.index();
  for (const conda::PackageRecord& wanted : options.favored) {
    const Catalog::Name name = catalog.name(catalog.find_name(wanted.name));
    for (RecordId id = name.first; id < name.last; ++id) {
      if (catalog.is_virtual(id) || catalog.version_text(id) != wanted.version ||
          catalog.build_text(id) != wanted.build)
        continue;
      const conda::Candidate& candidate = catalog.candidate(id);
      if (index.channels[candidate.channel].base != wanted.channel) continue;
      if (candidate.noarch_subdir != (wanted.subdir == "noarch")) continue;
      if (index.record(id).file_name == wanted.file_name) is_favored[id] = true;
    }
  }
  return is_favored;
}

std::vector<solve::JobId> all_jobs(const Translation& translation) {
  std::vector<solve::JobId> jobs(translation.problem.jobs.size());
  for (solve::JobId job = 0; job < jobs.size(); ++job) jobs[job] = job;
  return jobs;
}

/// Settles a name on the best candidate that it can have.
void update_first(NameRef name, const Translation& translation, const solve::Pruner& pruner,
                  solve::Exclusion& excluded) {
  const std::vector<solve::JobId> jobs = all_jobs(translation);
  const auto found = std::find(translation.names.begin(), translation.names.end(), name);
  if (found == translation.names.end()) return;
  for (const solve::CandidateId id :
       translation.problem.names[static_cast<std::size_t>(found - translation.names.begin())]) {
    if (!excluded.empty() && excluded[id]) continue;
    solve::Exclusion tried = excluded;
    solve::exclude_others(translation.problem, id, tried);
    const auto picks = solve::solve(pruner, jobs, tried);
    if (!picks) continue;
    // A name that nothing needs with these requests is left alone.
    if (std::binary_search(picks->begin(), picks->end(), id)) excluded = std::move(tried);
    return;
  }
}

/// Keeps favored candidates where that leaves an answer: those that are asked for by name before the others.
void keep_favored(const Translation& translation, const solve::Pruner& pruner, const std::vector<bool>& is_favored,
                  solve::Exclusion& excluded) {
  const solve::Problem& problem = translation.problem;
  std::vector<bool> is_requested(problem.names.size());
  for (const solve::SetId set : problem.jobs) is_requested[problem.sets[set].name] = true;
  std::vector<solve::CandidateId> wanted;
  for (solve::CandidateId id = 0; id < translation.records.size(); ++id) {
    if (is_favored[translation.records[id]]) wanted.push_back(id);
  }
  std::stable_sort(wanted.begin(), wanted.end(), [&](solve::CandidateId left, solve::CandidateId right) {
    const solve::NameId left_name = problem.candidates[left].name;
    const solve::NameId right_name = problem.candidates[right].name;
    if (is_requested[left_name] != is_requested[right_name]) return static_cast<bool>(is_requested[left_name]);
    return translation.names[left_name] < translation.names[right_name];
  });
  const std::vector<bool> kept = solve::find_keepable(pruner, all_jobs(translation), wanted, excluded);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (kept[i]) solve::exclude_others(problem, wanted[i], excluded);
  }
}

/// The records of an answer that the requests reach, whole, sorted by name.
std::vector<conda::PackageRecord> reached_records(Catalog& catalog, const std::vector<conda::Request>& requests,
                                                  const std::vector<RecordId>& picked) {
  std::map<NameRef, RecordId> chosen;
  for (const RecordId id : picked) chosen.emplace(catalog.name_of(id), id);
  std::vector<bool> is_reached(catalog.name_count());
  std::vector<NameRef> pending;
  const auto reach = [&](NameRef name) {
    if (name >= is_reached.size()) is_reached.resize(name + std::size_t{1});
    if (is_reached[name]) return;
    is_reached[name] = true;
    pending.push_back(name);
  };
  for (const conda::Request& request : requests) reach(catalog.find_name(request.spec.name));
  std::vector<conda::PackageRecord> records;
  while (!pending.empty()) {
    const auto found = chosen.find(pending.back());
    pending.pop_back();
    if (found == chosen.end() || catalog.is_virtual(found->second)) continue;
    for (const conda::TextId text : catalog.depends(found->second)) reach(catalog.spec(text).name);
    records.push_back(catalog.index().record(found->second));
  }
  std::sort(records.begin(), records.end(),
            [](const conda::PackageRecord& left, const conda::PackageRecord& right) { return left.name < right.name; });
  return records;
}

void note_unreadable(const Catalog& catalog, core::Notes& notes) {
  const std::vector<RecordId> ids = catalog.unreadable();
  if (ids.empty()) return;
  core::Diagnostic diagnostic;
  diagnostic.code = "record-unreadable";
  diagnostic.what = std::to_string(ids.size()) + (ids.size() == 1 ? " record was" : " records were") +
                    " left out because a version or dependency in it cannot be read";
  constexpr std::size_t kShown = 5;
  for (std::size_t i = 0; i < std::min(ids.size(), kShown); ++i) {
    const RecordId id = ids[i];
    diagnostic.why.push_back("`" +
                             core::printable(std::string(catalog.name(catalog.name_of(id)).text) + " " +
                                             std::string(catalog.version_text(id)) + " " +
                                             std::string(catalog.build_text(id))) +
                             "`");
  }
  if (ids.size() > kShown) diagnostic.why.push_back("and " + std::to_string(ids.size() - kShown) + " more");
  notes.note(std::move(diagnostic));
}

}  // namespace

Outcome conda(const std::vector<conda::Request>& requests, const conda::Index& index, const CondaOptions& options,
              core::Notes& notes) {
  Catalog catalog(index, options);
  catalog.show_shadowed(requests);
  const std::vector<bool> is_favored = find_favored(catalog, options);
  Preference preference(catalog, is_favored);
  const Translation translation = translate(catalog, requests, Scope::needed, &preference);
  const solve::Pruner pruner(translation.problem);
  solve::Exclusion excluded;
  for (const std::string& name : options.updated) update_first(catalog.find_name(name), translation, pruner, excluded);
  if (!options.favored.empty()) keep_favored(translation, pruner, is_favored, excluded);
  const auto picks = solve::solve(pruner, all_jobs(translation), excluded);
  note_unreadable(catalog, notes);
  if (!picks) return explain(catalog, requests);

  std::vector<RecordId> picked;
  for (const solve::CandidateId id : *picks) picked.push_back(translation.records[id]);
  conda::Solution solution{reached_records(catalog, requests, picked)};
  std::vector<std::string> broken = check(requests, solution.records, options);
  if (!broken.empty()) {
    core::Diagnostic bug;
    bug.code = "solver-bug";
    bug.what = "the solver's answer does not hold; this is a bug of ours, please report it";
    bug.why = std::move(broken);
    throw core::Error(std::move(bug));
  }
  return solution;
}

}  // namespace envlock::resolve
