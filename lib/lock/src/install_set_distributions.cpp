#include <utility>

#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "install_set_formats.h"
#include "pip_export.h"

namespace envlock::lock {
namespace {

// Where to fetch from: a local file by its path.
std::string place_of(const LockedDistribution& distribution) {
  const std::string url = full_url(distribution);
  return core::path_of_file_url(url).value_or(url);
}

LockedWheel wheel_of(const LockedDistribution& distribution, const PlatformDistribution& use) {
  return {.name = distribution.name,
          .version = distribution.version,
          .url = place_of(distribution),
          .sha256 = distribution.sha256,
          .categories = use.categories,
          .index = distribution.index,
          .file = distribution.file,
          .size = distribution.size,
          .direct = distribution.source == LockedDistribution::Source::archive};
}

core::Diagnostic obstacle(const LockedDistribution& distribution) {
  const std::string place = distribution.url.empty() ? distribution.file : core::without_secrets(distribution.url);
  return {.code = "lock-source-package",
          .what = "`" + core::printable(distribution.name) + "` would have to be built from `" +
                  core::printable(place) + "`, and only finished packages and wheels are installed",
          .where = {},
          .why = {},
          .hints = {"install it by other means afterwards, from a lock without it"}};
}

}  // namespace

void add_distributions(const Lock& lock, const LockedPlatform& from, InstallPlatform& to) {
  for (const PlatformDistribution& use : from.distributions) {
    const LockedDistribution& distribution = lock.distributions[use.distribution];
    if (is_hashed_wheel(distribution)) {
      to.wheels.push_back(wheel_of(distribution, use));
    } else {
      to.obstacles.push_back(obstacle(distribution));
    }
  }
}

}  // namespace envlock::lock
