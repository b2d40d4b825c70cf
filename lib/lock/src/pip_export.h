#pragma once

#include <string>
#include <vector>

#include "envlock/lock/lock.h"
#include "pip_view.h"

namespace envlock::lock {

/// Where a distribution's file is: a URL, or a path relative to the lock. Of a repository its URL with `git+` and the
/// commit.
std::string full_url(const LockedDistribution& distribution);
/// True for a place that is no URL.
bool is_path(const std::string& place);

/// Wheels that are fetched by hash; not what is built, and no folders and repositories.
bool is_hashed_wheel(const LockedDistribution& distribution);

/// What the distribution requires on the platform with the extras that are asked for, in the metadata's order.
std::vector<const pypi::Requirement*> requirements_on(const PipCatalog& catalog, const PipView& view,
                                                      const PlatformDistribution& use);

/// A warning "export-not-hashed" for each distribution of the platforms that the format `what` cannot hold, once.
void note_not_hashed(const Lock& lock, const std::vector<const LockedPlatform*>& platforms, const std::string& what,
                     core::Notes& notes);
/// Throws: core::Error "export-no-distributions" when the lock has no pip section.
void require_pip(const Lock& lock);
/// Throws: core::Error "export-profiles" when two platforms share a subdir, which `format` cannot express.
void refuse_profiles(const Lock& lock, const std::string& format);

}  // namespace envlock::lock
