#include "remedy.h"

#include <algorithm>

#include "envlock/solve/solver.h"
#include "translate.h"
#include "wording.h"

namespace envlock::resolve {
namespace {

/// A larger question is not asked again and again: an explanation is to be there within a second.
constexpr std::size_t kManyRecords = 60'000;

/// The version that each request's name gets, by request; empty when there is no solution.
std::vector<std::string> try_solving(Catalog& catalog, const std::vector<conda::Request>& requests) {
  Preference preference(catalog, std::vector<bool>(catalog.record_count()));
  const Translation translation = translate(catalog, requests, Scope::needed, &preference);
  const solve::Pruner pruner(translation.problem);
  std::vector<solve::JobId> jobs;
  for (solve::JobId job = 0; job < translation.problem.jobs.size(); ++job) jobs.push_back(job);
  solve::SolveOptions options;
  options.method = {solve::Encoding::bits, solve::PruneLevel::full};
  options.refuse_first = false;
  const auto picks = solve::solve(pruner, jobs, {}, options);
  if (!picks) return {};
  std::vector<std::string> versions;
  for (const conda::Request& request : requests) {
    const NameRef name = catalog.find_name(request.spec.name);
    const auto found = std::find_if(picks->begin(), picks->end(), [&](solve::CandidateId id) {
      return catalog.name_of(translation.records[id]) == name;
    });
    versions.emplace_back(found == picks->end() ? "" : catalog.version_text(translation.records[*found]));
  }
  return versions;
}

conda::MatchSpec only_name(const conda::MatchSpec& spec) {
  conda::MatchSpec relaxed;
  relaxed.name = spec.name;
  relaxed.channel = spec.channel;
  return relaxed;
}

}  // namespace

std::vector<std::string> find_remedies(Catalog& catalog, const std::vector<conda::Request>& requests,
                                       const std::vector<std::size_t>& core) {
  std::vector<std::string> hints;
  std::size_t attempts = catalog.record_count() > kManyRecords ? 2 : 6;
  const auto attempt = [&](const std::vector<conda::Request>& edited) {
    if (attempts == 0) return std::vector<std::string>{};
    --attempts;
    return try_solving(catalog, edited);
  };
  for (const std::size_t i : core) {
    const conda::MatchSpec relaxed = only_name(requests[i].spec);
    if (requests[i].implied_by || relaxed == requests[i].spec || hints.size() == 2) continue;
    std::vector<conda::Request> edited = requests;
    edited[i].spec = relaxed;
    // Other lines for the same name would still bind it.
    const std::vector<std::string> versions = attempt(edited);
    if (versions.empty()) continue;
    hints.push_back("replace " + cite(requests[i]) + " by " + quote(relaxed.name + " " + versions[i]) +
                    ", which fits the rest");
  }
  for (const std::size_t i : core) {
    if (!hints.empty() || requests[i].implied_by) break;
    std::vector<conda::Request> edited = requests;
    edited.erase(
        std::remove_if(edited.begin(), edited.end(),
                       [&](const conda::Request& request) { return request.spec.name == requests[i].spec.name; }),
        edited.end());
    if (edited.empty() || attempt(edited).empty()) continue;
    hints.push_back("without " + cite(requests[i]) + " the rest can be had");
  }
  return hints;
}

bool helps_to_assume(const Catalog& catalog, const std::vector<conda::Request>& requests,
                     const std::vector<conda::VirtualPackage>& more) {
  CondaOptions options = catalog.options();
  for (const conda::VirtualPackage& package : more) {
    options.virtual_packages.erase(
        std::remove_if(options.virtual_packages.begin(), options.virtual_packages.end(),
                       [&](const conda::VirtualPackage& other) { return other.name == package.name; }),
        options.virtual_packages.end());
    options.virtual_packages.push_back(package);
  }
  Catalog assumed(catalog.index(), options);
  assumed.show_shadowed(requests);
  return !try_solving(assumed, requests).empty();
}

}  // namespace envlock::resolve
