#include <set>
#include <utility>

#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/pypi/requirement.h"
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

LockedSource source_of(const LockedDistribution& distribution, const PlatformDistribution& use) {
  const bool has_file = distribution.source == LockedDistribution::Source::built;
  return {.distribution = distribution,
          .url = has_file ? place_of(distribution) : std::string(),
          .categories = use.categories};
}

void add_name(const std::string& requirement, std::set<std::string>& names) {
  if (const auto need = pypi::Requirement::parse_leniently(requirement)) names.insert(need->name);
}

}  // namespace

void add_distributions(const Lock& lock, const LockedPlatform& from, InstallPlatform& to) {
  for (const PlatformDistribution& use : from.distributions) {
    const LockedDistribution& distribution = lock.distributions[use.distribution];
    if (is_hashed_wheel(distribution)) {
      to.wheels.push_back(wheel_of(distribution, use));
    } else {
      to.sources.push_back(source_of(distribution, use));
    }
  }
  std::set<std::string> names;
  for (const PipLine& line : lock.pip_lines) {
    if (line.kind == PipLine::Kind::named) add_name(line.text, names);
  }
  for (const PlatformDistribution& use : from.distributions) {
    const LockedDistribution& distribution = lock.distributions[use.distribution];
    names.insert(distribution.name);
    for (const std::string& need : distribution.requires_dist) add_name(need, names);
  }
  to.pip_names.assign(names.begin(), names.end());
}

}  // namespace envlock::lock
