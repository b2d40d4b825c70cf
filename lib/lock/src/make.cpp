#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "catalog.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/lock/lock.h"
#include "make_pip.h"
#include "pip_view.h"
#include "record_json.h"
#include "requests.h"

namespace envlock::lock {
namespace {

auto place(const conda::PackageRecord& record) {
  return std::tie(record.name, record.channel, record.subdir, record.file_name);
}

conda::PackageRecord without_credentials(conda::PackageRecord record) {
  record.channel = core::strip_credentials(record.channel);
  if (record.url) record.url = core::strip_credentials(*record.url);
  return record;
}

// What could be written but not read again is refused here, all of it at once.
void refuse_faults(const Lock& lock) {
  std::vector<core::Diagnostic> faults = pip_faults(lock);
  for (const LockedPackage& package : lock.packages) {
    const std::string name = core::printable(package.record.file_name);
    if (!package.record.sha256) {
      faults.push_back({.code = "hash-missing",
                        .what = "`" + name + "` has no sha256, and a lock names every file by its hash",
                        .hints = {"run without `--offline`, so that the file can be fetched and hashed"}});
    }
    if (const std::string fault = fault_of(package.record); !fault.empty()) {
      faults.push_back({.code = "record-invalid", .what = "`" + name + "` cannot be locked", .why = {fault}});
    }
  }
  if (!faults.empty()) throw core::Error(std::move(faults));
}

// Packages that no request reaches are left out: a lock holds what was asked for.
void keep_reached(LockedPlatform& platform, const std::vector<std::vector<std::string>>& categories) {
  std::vector<PlatformPackage> kept;
  for (std::size_t i = 0; i < platform.packages.size(); ++i) {
    if (!categories[i].empty()) kept.push_back({platform.packages[i].package, categories[i]});
  }
  platform.packages = std::move(kept);
}

void drop_unused_packages(Lock& lock) {
  std::vector<bool> used(lock.packages.size());
  for (const LockedPlatform& platform : lock.platforms) {
    for (const PlatformPackage& each : platform.packages) used[each.package] = true;
  }
  std::vector<std::size_t> moved_to(lock.packages.size());
  std::vector<LockedPackage> kept;
  for (std::size_t i = 0; i < lock.packages.size(); ++i) {
    moved_to[i] = kept.size();
    if (used[i]) kept.push_back(std::move(lock.packages[i]));
  }
  lock.packages = std::move(kept);
  for (LockedPlatform& platform : lock.platforms) {
    for (PlatformPackage& each : platform.packages) each.package = moved_to[each.package];
  }
}

}  // namespace

Lock make(const spec::Spec& spec, const std::vector<conda::Channel>& channels, const Options& options,
          const std::vector<PlatformSolution>& solutions, const std::vector<std::string>& computed,
          const std::optional<PipInput>& pip) {
  Lock lock;
  for (conda::Channel channel : channels) {
    channel.base = core::strip_credentials(channel.base);
    channel.rank = static_cast<std::uint32_t>(lock.channels.size());
    lock.channels.push_back(std::move(channel));
  }
  lock.options = options;
  for (const auto& [name, variable] : spec.variables) lock.variables.emplace(name, variable.value);

  std::vector<conda::Platform> platforms;
  for (const PlatformSolution& each : solutions) platforms.push_back(each.platform);
  for (const conda::Request& request : requests_of(spec, platforms)) lock.requests.push_back(canonical(request));
  std::sort(lock.requests.begin(), lock.requests.end(), comes_before);

  const std::set<std::string> computed_files(computed.begin(), computed.end());
  for (const PlatformSolution& each : solutions) {
    for (const conda::PackageRecord& record : each.solution.records) {
      lock.packages.push_back({without_credentials(record), computed_files.count(record.file_name) > 0});
    }
  }
  const auto by_place = [](const LockedPackage& left, const LockedPackage& right) {
    return place(left.record) < place(right.record);
  };
  const auto same_place = [](const LockedPackage& left, const LockedPackage& right) {
    return place(left.record) == place(right.record);
  };
  std::stable_sort(lock.packages.begin(), lock.packages.end(), by_place);
  lock.packages.erase(std::unique(lock.packages.begin(), lock.packages.end(), same_place), lock.packages.end());
  if (pip) add_pip(lock, *pip, solutions);
  refuse_faults(lock);

  for (const PlatformSolution& each : solutions) {
    LockedPlatform platform{each.platform, {}};
    if (pip) {
      platform.distributions = distributions_on(lock, each);
      platform.provided_extras = each.provided_extras;
      std::sort(platform.provided_extras.begin(), platform.provided_extras.end());
    }
    for (const conda::PackageRecord& record : each.solution.records) {
      const LockedPackage wanted{without_credentials(record), false};
      const auto found = std::lower_bound(lock.packages.begin(), lock.packages.end(), wanted, by_place);
      platform.packages.push_back({static_cast<std::size_t>(found - lock.packages.begin()), {}});
    }
    std::sort(platform.packages.begin(), platform.packages.end(),
              [](const PlatformPackage& left, const PlatformPackage& right) { return left.package < right.package; });
    lock.platforms.push_back(std::move(platform));
  }
  std::sort(lock.platforms.begin(), lock.platforms.end(), [](const LockedPlatform& left, const LockedPlatform& right) {
    return left.platform.name < right.platform.name;
  });

  {
    const Catalog catalog(lock.packages);
    const PipCatalog pip_catalog(lock);
    for (LockedPlatform& platform : lock.platforms) {
      const PipReach reach = PipView(pip_catalog, platform).reach();
      keep_reached(platform, reach);
      keep_reached(platform, categories_on(PlatformView(catalog, platform), platform, lock.requests, reach));
    }
  }
  drop_unused_packages(lock);
  drop_unused_distributions(lock);
  return lock;
}

}  // namespace envlock::lock
