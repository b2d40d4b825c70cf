#include "lock_solve.h"

#include <algorithm>
#include <tuple>

#include "envlock/core/parallel.h"
#include "lock_facts.h"

namespace envlock::tools {
namespace {

/// The records of the locked platform of the same name; for a new profile, of one that assumes the same of its
/// machines.
std::vector<conda::PackageRecord> locked_records(const lock::Lock& lock, const conda::Platform& platform) {
  const lock::LockedPlatform* chosen = nullptr;
  for (const lock::LockedPlatform& locked : lock.platforms) {
    if (locked.platform.name == platform.name) chosen = &locked;
  }
  for (const lock::LockedPlatform& locked : lock.platforms) {
    const bool alike =
        locked.platform.subdir == platform.subdir && locked.platform.virtual_packages == platform.virtual_packages;
    if (chosen == nullptr && alike) chosen = &locked;
  }
  std::vector<conda::PackageRecord> records;
  if (chosen == nullptr) return records;
  for (const lock::PlatformPackage& package : chosen->packages) {
    records.push_back(lock.packages[package.package].record);
  }
  return records;
}

std::vector<conda::PackageRecord> records_to_keep(const SolveOptions& options, const conda::Platform& platform) {
  std::vector<conda::PackageRecord> kept;
  if (options.free_all) return kept;
  for (const lock::Lock* lock : options.keep) {
    for (conda::PackageRecord& record : locked_records(*lock, platform)) {
      const bool known = std::any_of(kept.begin(), kept.end(), [&](const conda::PackageRecord& other) {
        return other.file_name == record.file_name && other.subdir == record.subdir && other.channel == record.channel;
      });
      if (!known && !options.freed.contains(record.name)) kept.push_back(std::move(record));
    }
  }
  return kept;
}

}  // namespace

bool concerns(const lock::Preference& preference, const conda::Platform& platform) {
  if (!preference.platform.empty() && preference.platform != platform.subdir && preference.platform != platform.name) {
    return false;
  }
  return preference.subdir.empty() || preference.subdir == "noarch" || preference.subdir == platform.subdir;
}

namespace {

/// The candidates that a preference means: the very pick where it is there, else every one that counts as the same.
std::vector<conda::PackageRecord> find_preferred(const conda::Index& index, const lock::Preference& preference,
                                                 lock::Loosen loosen) {
  std::vector<conda::PackageRecord> alike;
  for (const conda::Candidate& candidate : index.find(preference.name)) {
    const bool other_version = !preference.version.empty() && !preference.version_is_prefix &&
                               index.text(candidate.version) != preference.version;
    if (other_version) continue;
    conda::PackageRecord record = index.record(static_cast<conda::CandidateId>(&candidate - index.candidates.data()));
    if (lock::matches(preference, record, lock::Loosen::none) && !preference.version_is_prefix) return {record};
    if (lock::matches(preference, record, loosen)) alike.push_back(std::move(record));
  }
  return alike;
}

std::string shown(const lock::Preference& preference) {
  std::string text = preference.name;
  if (!preference.version.empty()) text += ' ' + preference.version;
  if (!preference.build.empty()) text += ' ' + preference.build;
  return text;
}

/// Compares what `--like` asked for with what was chosen.
LikeResult judge_like(const std::vector<const lock::Preference*>& wanted, const std::vector<bool>& found,
                      const conda::Solution& solution, lock::Loosen loosen) {
  LikeResult result;
  result.wanted = wanted.size();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto chosen =
        std::find_if(solution.records.begin(), solution.records.end(),
                     [&](const conda::PackageRecord& record) { return record.name == wanted[i]->name; });
    if (chosen != solution.records.end() && lock::matches(*wanted[i], *chosen, loosen)) {
      ++result.kept;
    } else if (!found[i]) {
      result.missing.push_back(shown(*wanted[i]));
    } else if (chosen != solution.records.end()) {
      result.replaced.push_back(shown(*wanted[i]) + " -> " + chosen->version + " " + chosen->build);
    } else {
      result.replaced.push_back(shown(*wanted[i]) + " -> nothing asks for it");
    }
  }
  return result;
}

void solve_one(const std::vector<conda::Request>& requests, const IndexSource& source, const SolveOptions& options,
               PlatformOutcome& outcome) {
  const std::vector<conda::PackageRecord> kept = records_to_keep(options, outcome.platform);
  std::vector<std::string> names;
  for (const conda::Request& request : requests) names.push_back(request.spec.name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  conda::Index index = source.load(outcome.platform.subdir, names, kept, outcome.notes);

  resolve::CondaOptions solve = options.solve;
  solve.virtual_packages = outcome.platform.virtual_packages;
  solve.favored = kept;
  solve.updated.assign(options.freed.begin(), options.freed.end());
  solve.exclude_newer = options.lock_options.exclude_newer;
  std::vector<const lock::Preference*> wanted;
  std::vector<bool> found;
  for (const lock::Preference& preference : options.like) {
    if (preference.pypi || !concerns(preference, outcome.platform) || options.freed.contains(preference.name)) continue;
    std::vector<conda::PackageRecord> alike = find_preferred(index, preference, options.loosen);
    wanted.push_back(&preference);
    found.push_back(!alike.empty());
    for (conda::PackageRecord& record : alike) solve.favored.push_back(std::move(record));
  }
  outcome.result = resolve::conda(requests, index, solve, outcome.notes);
  if (const auto* solution = std::get_if<conda::Solution>(&outcome.result); solution != nullptr && !wanted.empty()) {
    outcome.like = judge_like(wanted, found, *solution, options.loosen);
  }
  if (const auto* solution = std::get_if<conda::Solution>(&outcome.result)) {
    outcome.surprises = find_surprises(outcome.platform, *solution, index, options.lock_options);
  }
  if (options.keep_indexes) outcome.index = std::move(index);
}

}  // namespace

conda::Index IndexSource::load(const std::string& subdir, const std::vector<std::string>& names,
                               const std::vector<conda::PackageRecord>& kept, core::Notes& notes) const {
  if (repository) return repository->load(subdir, names, kept, notes);
  return conda::make_index(subdir, saved->channels, saved->records, priority);
}

std::vector<PlatformOutcome> solve_platforms(const spec::Spec& spec, const std::vector<conda::Platform>& platforms,
                                             const IndexSource& source, const SolveOptions& options) {
  std::vector<PlatformOutcome> outcomes(platforms.size());
  for (std::size_t i = 0; i < platforms.size(); ++i) outcomes[i].platform = platforms[i];
  core::parallel_for(outcomes.size(), options.threads, [&](std::size_t i) {
    solve_one(spec::requests_for(spec, platforms[i].subdir), source, options, outcomes[i]);
  });
  return outcomes;
}

PlatformOutcome solve_with(const spec::Spec& spec, const conda::Platform& platform, const IndexSource& source,
                           const SolveOptions& options, const conda::MatchSpec& line) {
  std::vector<conda::Request> requests = spec::requests_for(spec, platform.subdir);
  std::erase_if(requests, [&](const conda::Request& request) { return request.spec.name == line.name; });
  conda::Request request;
  request.spec = line;
  request.text = conda::format(line);
  requests.push_back(std::move(request));
  PlatformOutcome outcome;
  outcome.platform = platform;
  SolveOptions plain = options;
  plain.keep_indexes = false;
  solve_one(requests, source, plain, outcome);
  return outcome;
}

lock::SavedIndex make_saved_index(const std::vector<conda::Channel>& channels,
                                  const std::vector<PlatformOutcome>& outcomes, std::vector<std::string> computed) {
  lock::SavedIndex saved{.channels = channels, .computed = std::move(computed)};
  const auto key = [](const conda::PackageRecord& record) {
    return std::tie(record.name, record.channel, record.subdir, record.file_name);
  };
  // Chosen records come first, so that of two equal keys the one with its computed hash stays.
  for (const PlatformOutcome& outcome : outcomes) {
    const auto& chosen = std::get<conda::Solution>(outcome.result).records;
    saved.records.insert(saved.records.end(), chosen.begin(), chosen.end());
  }
  for (const PlatformOutcome& outcome : outcomes) {
    for (conda::CandidateId i = 0; i < outcome.index.candidates.size(); ++i) {
      saved.records.push_back(outcome.index.record(i));
    }
  }
  std::stable_sort(saved.records.begin(), saved.records.end(),
                   [&](const auto& a, const auto& b) { return key(a) < key(b); });
  saved.records.erase(std::unique(saved.records.begin(), saved.records.end(),
                                  [&](const auto& a, const auto& b) { return key(a) == key(b); }),
                      saved.records.end());
  return saved;
}

}  // namespace envlock::tools
