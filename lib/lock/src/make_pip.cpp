#include "make_pip.h"

#include <algorithm>
#include <utility>

#include "distribution_json.h"
#include "envlock/core/text.h"
#include "parse_pip.h"
#include "stored_text.h"

namespace envlock::lock {
namespace {

LockedDistribution without_logins(LockedDistribution distribution) {
  distribution.url = without_login(distribution.url);
  distribution.index = without_login(distribution.index);
  return distribution;
}

bool same_place(const LockedDistribution& left, const LockedDistribution& right) {
  return !is_before(left, right) && !is_before(right, left);
}

}  // namespace

void add_pip(Lock& lock, const PipInput& pip, const std::vector<PlatformSolution>& solutions) {
  lock.pip = pip.options;
  for (std::vector<std::string>* places : {&lock.pip->indexes, &lock.pip->find_links}) {
    for (std::string& place : *places) place = without_login(place);
  }
  lock.pip_lines = pip.lines;
  std::sort(lock.pip_lines.begin(), lock.pip_lines.end());
  lock.pip_lines.erase(std::unique(lock.pip_lines.begin(), lock.pip_lines.end()), lock.pip_lines.end());

  for (const PlatformSolution& each : solutions) {
    for (const PickedDistribution& picked : each.distributions) {
      lock.distributions.push_back(without_logins(picked.distribution));
    }
  }
  std::stable_sort(lock.distributions.begin(), lock.distributions.end(), is_before);
  lock.distributions.erase(std::unique(lock.distributions.begin(), lock.distributions.end(), same_place),
                           lock.distributions.end());
  for (LockedDistribution& each : lock.distributions) {
    std::sort(each.others.begin(), each.others.end(),
              [](const OtherArtifact& left, const OtherArtifact& right) { return left.file < right.file; });
  }
}

std::vector<PlatformDistribution> distributions_on(const Lock& lock, const PlatformSolution& solution) {
  std::vector<PlatformDistribution> result;
  for (const PickedDistribution& picked : solution.distributions) {
    const LockedDistribution wanted = without_logins(picked.distribution);
    const auto found = std::lower_bound(lock.distributions.begin(), lock.distributions.end(), wanted, is_before);
    result.push_back({static_cast<std::size_t>(found - lock.distributions.begin()), {}, {}});
  }
  std::sort(result.begin(), result.end(), [](const PlatformDistribution& left, const PlatformDistribution& right) {
    return left.distribution < right.distribution;
  });
  return result;
}

std::vector<core::Diagnostic> pip_faults(const Lock& lock) {
  std::vector<core::Diagnostic> faults;
  for (const LockedDistribution& each : lock.distributions) {
    const std::string name = core::printable(each.file.empty() ? each.name + " " + each.version : each.file);
    if (needs_hash(each.source) && !each.sha256) {
      faults.push_back({.code = "hash-missing",
                        .what = "`" + name + "` has no sha256, and a lock names every file by its hash",
                        .hints = {"run without `--offline`, so that the file can be fetched and hashed"}});
    }
    if (const std::string fault = fault_of(each); !fault.empty()) {
      faults.push_back({.code = "record-invalid", .what = "`" + name + "` cannot be locked", .why = {fault}});
    }
  }
  for (const PipLine& line : lock.pip_lines) {
    if (const std::string fault = fault_of(line); !fault.empty()) {
      faults.push_back({.code = "record-invalid",
                        .what = "`" + core::printable(line.text) + "` cannot stand in a lock",
                        .why = {fault}});
    }
  }
  return faults;
}

void keep_reached(LockedPlatform& platform, const PipReach& reach) {
  std::vector<PlatformDistribution> kept;
  for (const PlatformDistribution& each : platform.distributions) {
    const auto found = reach.distributions.find(each.distribution);
    if (found == reach.distributions.end()) continue;
    const auto& [extras, categories] = found->second;
    kept.push_back({each.distribution, {extras.begin(), extras.end()}, {categories.begin(), categories.end()}});
  }
  platform.distributions = std::move(kept);
  std::erase_if(platform.provided_extras, [&](const ProvidedExtra& each) {
    return !reach.provided_extras.contains({each.name, each.extra});
  });
}

void drop_unused_distributions(Lock& lock) {
  std::vector<bool> used(lock.distributions.size());
  for (const LockedPlatform& platform : lock.platforms) {
    for (const PlatformDistribution& each : platform.distributions) used[each.distribution] = true;
  }
  std::vector<std::size_t> moved_to(lock.distributions.size());
  std::vector<LockedDistribution> kept;
  for (std::size_t i = 0; i < lock.distributions.size(); ++i) {
    moved_to[i] = kept.size();
    if (used[i]) kept.push_back(std::move(lock.distributions[i]));
  }
  lock.distributions = std::move(kept);
  for (LockedPlatform& platform : lock.platforms) {
    for (PlatformDistribution& each : platform.distributions) each.distribution = moved_to[each.distribution];
  }
}

}  // namespace envlock::lock
