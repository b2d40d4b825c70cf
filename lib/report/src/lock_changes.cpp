#include "lock_changes.h"

#include <map>
#include <string_view>

namespace envlock::report {
namespace {

using Records = std::map<std::string_view, const conda::PackageRecord*>;

Records records_of(const lock::Lock& lock, const lock::LockedPlatform& platform) {
  Records records;
  for (const lock::PlatformPackage& package : platform.packages) {
    const conda::PackageRecord& record = lock.packages.at(package.package).record;
    records.emplace(record.name, &record);
  }
  return records;
}

/// Equal for whoever installs it: the same file of the same channel. Patched metadata is the index's business.
bool same_file(const conda::PackageRecord& left, const conda::PackageRecord& right) {
  return left.channel == right.channel && left.subdir == right.subdir && left.file_name == right.file_name &&
         left.sha256 == right.sha256;
}

using Distributions = std::map<std::string_view, const lock::LockedDistribution*>;

Distributions distributions_of(const lock::Lock& lock, const lock::LockedPlatform& platform) {
  Distributions distributions;
  for (const lock::PlatformDistribution& each : platform.distributions) {
    const lock::LockedDistribution& distribution = lock.distributions.at(each.distribution);
    distributions.emplace(distribution.name, &distribution);
  }
  return distributions;
}

void compare(const Distributions& before, const Distributions& after, PlatformChanges& changes) {
  for (const auto& [name, distribution] : after) {
    const auto old = before.find(name);
    if (old == before.end()) {
      changes.distributions_added.push_back({nullptr, distribution});
    } else if (*old->second == *distribution) {
      ++changes.distributions_kept;
    } else {
      changes.distributions_changed.push_back({old->second, distribution});
    }
  }
  for (const auto& [name, distribution] : before) {
    if (!after.contains(name)) changes.distributions_removed.push_back({distribution, nullptr});
  }
}

const lock::LockedPlatform* find_platform(const lock::Lock& lock, const std::string& name) {
  for (const lock::LockedPlatform& platform : lock.platforms) {
    if (platform.platform.name == name) return &platform;
  }
  return nullptr;
}

void compare(const Records& before, const Records& after, PlatformChanges& changes) {
  for (const auto& [name, record] : after) {
    const auto old = before.find(name);
    if (old == before.end()) {
      changes.added.push_back({nullptr, record});
    } else if (same_file(*old->second, *record)) {
      ++changes.kept;
    } else {
      changes.changed.push_back({old->second, record});
    }
  }
  for (const auto& [name, record] : before) {
    if (after.count(name) == 0) changes.removed.push_back({record, nullptr});
  }
}

}  // namespace

std::vector<PlatformChanges> compare_platforms(const lock::Lock& now, const lock::Lock* previous) {
  std::map<std::string, PlatformChanges> by_name;
  for (const lock::LockedPlatform& platform : now.platforms) {
    PlatformChanges& changes = by_name[platform.platform.name];
    changes.platform = &platform;
    const lock::LockedPlatform* old = previous == nullptr ? nullptr : find_platform(*previous, platform.platform.name);
    changes.is_new = old == nullptr;
    compare(old == nullptr ? Records{} : records_of(*previous, *old), records_of(now, platform), changes);
    compare(old == nullptr ? Distributions{} : distributions_of(*previous, *old), distributions_of(now, platform),
            changes);
  }
  if (previous != nullptr) {
    for (const lock::LockedPlatform& platform : previous->platforms) {
      if (find_platform(now, platform.platform.name) != nullptr) continue;
      PlatformChanges& changes = by_name[platform.platform.name];
      changes.platform = &platform;
      changes.is_gone = true;
      compare(records_of(*previous, platform), Records{}, changes);
      compare(distributions_of(*previous, platform), Distributions{}, changes);
    }
  }
  std::vector<PlatformChanges> all;
  for (auto& [name, changes] : by_name) all.push_back(std::move(changes));
  return all;
}

}  // namespace envlock::report
