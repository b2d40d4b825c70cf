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

std::string cuda_flag(const conda::Platform& platform) {
  return "`--virtual-package " + platform.name + ":__cuda=12.9`";
}

}  // namespace

void note_surprises(const PlatformOutcome& outcome, const conda::Index& index, const lock::Options& options,
                    core::Notes& notes) {
  const auto& records = std::get<conda::Solution>(outcome.result).records;
  const conda::Platform& platform = outcome.platform;
  std::vector<std::string> cpu_builds;
  std::vector<std::string> cuda_builds;
  std::vector<std::string> undated;
  for (const conda::PackageRecord& record : records) {
    if (has_flavour(record.build, "cuda") && !assumes_cuda(platform)) cuda_builds.push_back(record.name);
    if (has_flavour(record.build, "cpu")) {
      const auto candidates = index.find(record.name);
      const bool has_cuda_build = std::any_of(candidates.begin(), candidates.end(), [&](const conda::Candidate& other) {
        return has_flavour(index.text(other.build), "cuda");
      });
      if (has_cuda_build) cpu_builds.push_back(record.name + " " + record.version + " " + record.build);
    }
    if (options.exclude_newer && !record.timestamp && !record.indexed_timestamp) undated.push_back(record.name);
  }
  if (!cpu_builds.empty()) {
    const bool assumed = assumes_cuda(platform);
    notes.note(
        {.code = "cpu-build",
         .what = "for " + platform.name + " the CPU build of " + list(cpu_builds) + " is locked; a CUDA build exists",
         .why = {assumed ? "`__cuda` is assumed, but the requests led to the CPU build"
                         : "nothing is assumed about CUDA unless you say so"},
         .hints = {assumed ? "ask for the CUDA build in its line: `pytorch=*=*cuda*`"
                           : "to lock for GPU machines, give " + cuda_flag(platform) + " (their driver's CUDA)"}});
  }
  if (!cuda_builds.empty()) {
    notes.note({.code = "cuda-build",
                .what = "for " + platform.name + " the CUDA build of " + list(cuda_builds) +
                        " is locked, although no `__cuda` is assumed",
                .why = {"these records do not ask for `__cuda`, so the newest build won"},
                .hints = {"for machines without a GPU ask for the CPU build: `pytorch=*=cpu*`",
                          "for GPU machines say so: " + cuda_flag(platform)}});
  }
  if (!undated.empty()) {
    notes.note({.code = "undated-record",
                .what = "for " + platform.name + " " + list(undated) +
                        " carries no time in the index, so the cut-off could not judge it",
                .hints = {"`--exclude-newer-strict` leaves such records out"}});
  }
}

std::vector<std::string> compute_missing_hashes(std::vector<PlatformOutcome>& outcomes, const IndexSource& source,
                                                const lock::Lock* previous, bool offline, fetch::Fetcher& fetcher,
                                                core::Notes& notes) {
  using Key = std::tuple<std::string, std::string, std::string>;
  const auto key = [](const conda::PackageRecord& record) {
    return Key{record.channel, record.subdir, record.file_name};
  };
  std::map<Key, core::Sha256> known;
  if (previous != nullptr) {
    for (const lock::LockedPackage& package : previous->packages) {
      if (package.sha256_computed && package.record.sha256) known[key(package.record)] = *package.record.sha256;
    }
  }
  std::map<Key, conda::PackageRecord> missing;
  std::set<std::string> computed;
  for (PlatformOutcome& outcome : outcomes) {
    for (conda::PackageRecord& record : std::get<conda::Solution>(outcome.result).records) {
      if (record.sha256) continue;
      computed.insert(record.file_name);
      if (!known.contains(key(record))) missing.emplace(key(record), record);
    }
  }
  if (computed.empty()) return {};
  if (!missing.empty()) {
    std::vector<std::string> names;
    for (const auto& [_, record] : missing) names.push_back(record.file_name);
    if (offline || !source.repository) {
      throw core::Error(
          {.code = "hash-unknown",
           .what = "the index has no SHA-256 for " + list(names) + ", and it may not be fetched to compute one",
           .hints = {source.repository
                         ? "run once without --offline"
                         : "make the saved index again with `--save-index`, from a run that fetched it"}});
    }
    std::vector<fetch::Download> downloads;
    for (const auto& [_, record] : missing) {
      downloads.push_back({.urls = source.repository->download_urls(record),
                           .label = record.file_name,
                           .md5 = record.md5,
                           .size = record.size,
                           .caching = fetch::Caching::immutable});
    }
    const std::vector<fetch::Fetched> files = fetcher.fetch(downloads);
    std::size_t i = 0;
    for (const auto& [file_key, record] : missing) {
      const fetch::Fetched& file = files[i++];
      if (file.status != fetch::Status::ok) {
        core::Diagnostic diagnostic{.code = "hash-unknown",
                                    .what = "the index has no SHA-256 for `" + record.file_name +
                                            "`, and fetching the file to compute it did not work"};
        if (file.failure) {
          diagnostic.why.push_back(file.failure->what);
          diagnostic.why.insert(diagnostic.why.end(), file.failure->why.begin(), file.failure->why.end());
          diagnostic.hints = file.failure->hints;
        } else {
          diagnostic.why.push_back("no location of the channel holds it");
        }
        throw core::Error(std::move(diagnostic));
      }
      known[file_key] = core::sha256(core::MappedFile(file.path).bytes());
    }
  }
  for (PlatformOutcome& outcome : outcomes) {
    for (conda::PackageRecord& record : std::get<conda::Solution>(outcome.result).records) {
      if (!record.sha256) record.sha256 = known.at(key(record));
    }
  }
  const std::vector<std::string> files(computed.begin(), computed.end());
  notes.note({.code = "hash-computed",
              .what = "the index has no SHA-256 for " + list(files) +
                      ": computed from the file itself, and marked so in the lock"});
  return files;
}

}  // namespace envlock::tools
