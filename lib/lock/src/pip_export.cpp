#include "pip_export.h"

#include <algorithm>
#include <map>
#include <set>

#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::lock {

using Source = LockedDistribution::Source;

std::string full_url(const LockedDistribution& distribution) {
  switch (distribution.source) {
    case Source::index:
    case Source::built:
      return file_url_at(distribution.index, distribution.url);
    case Source::vcs:
      return "git+" + distribution.url + "@" + distribution.commit +
             (distribution.subdirectory.empty() ? "" : "#subdirectory=" + distribution.subdirectory);
    default:
      return distribution.url;
  }
}

bool is_path(const std::string& place) {
  return !core::looks_like_url(place);
}

bool is_hashed_wheel(const LockedDistribution& distribution) {
  return distribution.source == Source::index || distribution.source == Source::find_links ||
         distribution.source == Source::archive;
}

std::vector<const pypi::Requirement*> requirements_on(const PipCatalog& catalog, const PipView& view,
                                                      const PlatformDistribution& use) {
  std::vector<std::string> extras = use.extras;
  extras.insert(extras.begin(), "");
  std::vector<const pypi::Requirement*> result;
  for (const auto& requirement : catalog.requires_of(use.distribution)) {
    const bool counts = requirement && std::any_of(extras.begin(), extras.end(), [&](const std::string& extra) {
                          return view.holds(*requirement, extra);
                        });
    if (counts) result.push_back(&*requirement);
  }
  return result;
}

void note_not_hashed(const Lock& lock, const std::vector<const LockedPlatform*>& platforms, const std::string& what,
                     core::Notes& notes) {
  std::set<std::size_t> told;
  for (const LockedPlatform* platform : platforms) {
    for (const PlatformDistribution& each : platform->distributions) {
      const LockedDistribution& distribution = lock.distributions[each.distribution];
      if (is_hashed_wheel(distribution) || !told.insert(each.distribution).second) continue;
      notes.warning({.code = "export-not-hashed",
                     .what = what + " leaves out `" + core::printable(distribution.name) +
                             "`: only wheels are named by a hash that holds",
                     .where = {},
                     .why = {"it comes from " + core::printable(core::without_secrets(full_url(distribution)))},
                     .hints = {"install it by other means afterwards"}});
    }
  }
}

void require_pip(const Lock& lock) {
  if (lock.pip) return;
  throw core::Error(core::Diagnostic{.code = "export-no-distributions",
                                     .what = "the lock holds no distributions of PyPI: it has no `pip:` section",
                                     .where = {},
                                     .why = {},
                                     .hints = {"`envlock export explicit` and `conda-lock` export conda packages"}});
}

void refuse_profiles(const Lock& lock, const std::string& format) {
  std::map<std::string, std::string> profile_of;
  for (const LockedPlatform& each : lock.platforms) {
    const auto [other, is_new] = profile_of.emplace(each.platform.subdir, each.platform.name);
    if (is_new) continue;
    throw core::Error(core::Diagnostic{
        .code = "export-profiles",
        .what = format + " cannot hold two platforms of `" + core::printable(each.platform.subdir) + "`: `" +
                core::printable(other->second) + "` and `" + core::printable(each.platform.name) + "`",
        .where = {},
        .why = {},
        .hints = {"export one of them with `-p " + core::printable(each.platform.name) + "`"}});
  }
}

}  // namespace envlock::lock
