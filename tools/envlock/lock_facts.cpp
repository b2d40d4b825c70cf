#include "lock_facts.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "envlock/core/file.h"
#include "envlock/core/text.h"

namespace envlock::tools {
namespace {

/// True when a build string names a flavour: "cpu_mkl_py312_0" and "py312_cpu" are cpu builds, "cpuinfo_0" is not.
bool has_flavour(std::string_view build, std::string_view flavour) {
  for (std::size_t at = build.find(flavour); at != std::string_view::npos; at = build.find(flavour, at + 1)) {
    const bool starts = at == 0 || build[at - 1] == '_' || build[at - 1] == '.';
    const std::size_t end = at + flavour.size();
    const bool ends =
        end == build.size() || build[end] == '_' || (flavour == "cuda" && build[end] >= '0' && build[end] <= '9');
    if (starts && ends) return true;
  }
  return false;
}

std::string list(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 6;
  const std::vector<std::string> first(names.begin(),
                                       names.begin() + static_cast<std::ptrdiff_t>(std::min(kMost, names.size())));
  std::string text = "`" + core::join(first, "`, `") + "`";
  if (names.size() > kMost) text += " and " + std::to_string(names.size() - kMost) + " more";
  return text;
}

bool assumes_cuda(const conda::Platform& platform) {
  return std::any_of(platform.virtual_packages.begin(), platform.virtual_packages.end(),
                     [](const conda::VirtualPackage& package) { return package.name == "__cuda"; });
}

/// The platforms of which `pick` names the same things, one group each, in the order of the outcomes.
struct Group {
  std::vector<std::string> names;
  std::vector<const conda::Platform*> platforms;
};
std::vector<Group> group_by(const std::vector<PlatformOutcome>& outcomes, std::vector<std::string> Surprises::*pick) {
  std::vector<Group> groups;
  for (const PlatformOutcome& outcome : outcomes) {
    const std::vector<std::string>& names = outcome.surprises.*pick;
    if (names.empty()) continue;
    auto same = std::find_if(groups.begin(), groups.end(), [&](const Group& group) { return group.names == names; });
    if (same == groups.end()) same = groups.insert(groups.end(), {names, {}});
    same->platforms.push_back(&outcome.platform);
  }
  return groups;
}

std::string platforms_of(const Group& group) {
  std::vector<std::string> names;
  for (const conda::Platform* platform : group.platforms) names.push_back(platform->name);
  return core::join(names, ", ");
}

/// "pytorch" of "pytorch 2.5.1".
std::string first_name(const Group& group) {
  return group.names.front().substr(0, group.names.front().find(' '));
}

/// True when the lock holds "pytorch 2.5.1".
bool is_locked(const lock::Lock& lock, const std::string& pick) {
  return std::any_of(lock.packages.begin(), lock.packages.end(), [&](const lock::LockedPackage& package) {
    return package.record.name + " " + package.record.version == pick;
  });
}

/// How to assume CUDA: for the platform alone where there is one.
std::string cuda_flag(const Group& group) {
  return "`--virtual-package " + (group.platforms.size() == 1 ? group.platforms.front()->name + ":" : "") +
         "__cuda=12.9`";
}

/// Where a package file is, whatever mirror it comes from.
using FileKey = std::tuple<std::string, std::string, std::string>;

FileKey key_of(const conda::PackageRecord& record) {
  return {record.channel, record.subdir, record.file_name};
}

/// The hashes that the lock that is there holds of these files, where the index still describes the same bytes.
std::map<FileKey, core::Sha256> computed_before(const lock::Lock* previous,
                                                const std::map<FileKey, conda::PackageRecord>& unhashed) {
  std::map<FileKey, core::Sha256> known;
  if (previous == nullptr) return known;
  for (const lock::LockedPackage& package : previous->packages) {
    const auto now = unhashed.find(key_of(package.record));
    if (!package.sha256_computed || now == unhashed.end()) continue;
    if (now->second.md5 == package.record.md5 && now->second.size == package.record.size) {
      known[now->first] = *package.record.sha256;
    }
  }
  return known;
}

std::map<FileKey, core::Sha256> fetch_hashes(const std::vector<conda::PackageRecord>& records,
                                             const channel::Repository& repository, fetch::Fetcher& fetcher) {
  std::vector<fetch::Download> downloads;
  for (const conda::PackageRecord& record : records) {
    downloads.push_back({.urls = repository.download_urls(record),
                         .label = record.file_name,
                         .md5 = record.md5,
                         .size = record.size,
                         .caching = fetch::Caching::immutable});
  }
  const std::vector<fetch::Fetched> files = fetcher.fetch(downloads);
  std::map<FileKey, core::Sha256> hashes;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].status == fetch::Status::ok) {
      hashes[key_of(records[i])] = core::sha256(core::MappedFile(files[i].path).bytes());
      continue;
    }
    core::Diagnostic diagnostic{.code = "hash-unknown",
                                .what = "the index has no SHA-256 for `" + records[i].file_name +
                                        "`, and fetching the file to compute it did not work",
                                .why = {"no location of the channel holds it"}};
    if (const auto& failure = files[i].failure) {
      diagnostic.why = {failure->what};
      diagnostic.why.insert(diagnostic.why.end(), failure->why.begin(), failure->why.end());
      diagnostic.hints = failure->hints;
    }
    throw core::Error(std::move(diagnostic));
  }
  return hashes;
}

}  // namespace

Surprises find_surprises(const conda::Platform& platform, const conda::Solution& solution, const conda::Index& index,
                         const lock::Options& options) {
  Surprises found;
  for (const conda::PackageRecord& record : solution.records) {
    const std::string pick = record.name + " " + record.version;
    if (has_flavour(record.build, "cuda") && !assumes_cuda(platform)) found.cuda_builds.push_back(pick);
    if (has_flavour(record.build, "cpu")) {
      const auto candidates = index.find(record.name);
      const bool has_cuda_build = std::any_of(candidates.begin(), candidates.end(), [&](const conda::Candidate& other) {
        return has_flavour(index.text(other.build), "cuda");
      });
      if (has_cuda_build) found.cpu_builds.push_back(pick);
    }
    if (options.exclude_newer && !record.timestamp && !record.indexed_timestamp) found.undated.push_back(pick);
  }
  return found;
}

void note_surprises(const std::vector<PlatformOutcome>& outcomes, const lock::Lock* kept, core::Notes& notes) {
  for (const Group& group : group_by(outcomes, &Surprises::cpu_builds)) {
    const bool assumed = std::any_of(group.platforms.begin(), group.platforms.end(),
                                     [](const conda::Platform* platform) { return assumes_cuda(*platform); });
    core::Diagnostic diagnostic{.code = "cpu-build",
                                .what = "the CPU build of " + list(group.names) + " is locked for " +
                                        platforms_of(group) + "; a CUDA build exists"};
    if (!assumed) {
      diagnostic.why = {"nothing is assumed about CUDA unless you say so"};
      diagnostic.hints = {"to lock for GPU machines, give " + cuda_flag(group) + ", the CUDA version of their driver"};
    } else if (kept != nullptr && is_locked(*kept, group.names.front())) {
      diagnostic.why = {"`__cuda` is assumed, but the CPU build was locked before and still fits"};
      diagnostic.hints = {"`--update=" + first_name(group) + "` frees it"};
    } else {
      diagnostic.why = {"`__cuda` is assumed, but the requests led to the CPU build"};
      diagnostic.hints = {"see whether a CUDA build fits with a line of its own: `" + first_name(group) + "=*=*cuda*`"};
    }
    notes.note(std::move(diagnostic));
  }
  for (const Group& group : group_by(outcomes, &Surprises::cuda_builds)) {
    core::Diagnostic diagnostic{
        .code = "cuda-build",
        .what = "the CUDA build of " + list(group.names) + " is locked for " + platforms_of(group) +
                ", although no `__cuda` is assumed",
        .why = {"these records do not ask for `__cuda`, so nothing kept them out"},
        .hints = {"for machines without a GPU ask for the CPU build: `" + first_name(group) + "=*=*cpu*`",
                  "for GPU machines say so: " + cuda_flag(group)}};
    if (kept != nullptr) {
      diagnostic.why.push_back("what was locked before is kept, and may have left no room for another build");
      diagnostic.hints.insert(diagnostic.hints.begin(), "`envlock lock --update` chooses everything anew");
    }
    notes.note(std::move(diagnostic));
  }
  for (const Group& group : group_by(outcomes, &Surprises::undated)) {
    notes.note({.code = "undated-record",
                .what = list(group.names) + " for " + platforms_of(group) +
                        " carries no time in the index, so the cut-off could not judge it",
                .hints = {"`--exclude-newer-strict` leaves such records out"}});
  }
}

std::vector<std::string> compute_missing_hashes(std::vector<PlatformOutcome>& outcomes, const IndexSource& source,
                                                const lock::Lock* previous, fetch::Fetcher& fetcher,
                                                core::Notes& notes) {
  std::set<std::string> computed;
  if (source.saved) computed.insert(source.saved->computed.begin(), source.saved->computed.end());
  std::map<FileKey, conda::PackageRecord> unhashed;
  for (const PlatformOutcome& outcome : outcomes) {
    for (const conda::PackageRecord& record : std::get<conda::Solution>(outcome.result).records) {
      if (!record.sha256) unhashed.emplace(key_of(record), record);
    }
  }
  if (unhashed.empty()) return {computed.begin(), computed.end()};

  std::map<FileKey, core::Sha256> known = computed_before(previous, unhashed);
  std::vector<conda::PackageRecord> missing;
  std::vector<std::string> names;
  for (const auto& [key, record] : unhashed) {
    computed.insert(record.file_name);
    if (known.contains(key)) continue;
    missing.push_back(record);
    names.push_back(record.file_name);
  }
  if (!missing.empty()) {
    if (!source.repository) {
      throw core::Error(
          {.code = "hash-unknown",
           .what = "the saved index has no SHA-256 for " + list(names) + ", and nowhere to fetch the file from",
           .hints = {"make the saved index again with `--save-index`, from a run without --index"}});
    }
    known.merge(fetch_hashes(missing, *source.repository, fetcher));
    notes.note({.code = "hash-computed",
                .what = "the index has no SHA-256 for " + list(names) +
                        ": computed from the file itself, and marked so in the lock"});
  }
  for (PlatformOutcome& outcome : outcomes) {
    for (conda::PackageRecord& record : std::get<conda::Solution>(outcome.result).records) {
      if (!record.sha256) record.sha256 = known.at(key_of(record));
    }
  }
  return {computed.begin(), computed.end()};
}

}  // namespace envlock::tools
