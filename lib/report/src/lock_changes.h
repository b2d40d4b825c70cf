#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "envlock/lock/lock.h"

namespace envlock::report {

/// One name whose record differs between two locks of a platform; `before` or `after` is null where it is absent.
struct Change {
  const conda::PackageRecord* before = nullptr;
  const conda::PackageRecord* after = nullptr;
};

/// The same for a distribution of PyPI.
struct DistributionChange {
  const lock::LockedDistribution* before = nullptr;
  const lock::LockedDistribution* after = nullptr;
};

/// What one platform's packages became. The pointers are into the locks compared.
struct PlatformChanges {
  const lock::LockedPlatform* platform = nullptr;  ///< of the new lock; of the old one when the platform is gone
  bool is_new = false;                             ///< the old lock, when there was one, lacks this platform
  bool is_gone = false;                            ///< the new lock lacks it
  std::vector<Change> added;                       ///< sorted by name, like the others
  std::vector<Change> removed;
  std::vector<Change> changed;
  std::size_t kept = 0;
  std::vector<DistributionChange> distributions_added;  ///< sorted by name, like the others
  std::vector<DistributionChange> distributions_removed;
  std::vector<DistributionChange> distributions_changed;
  std::size_t distributions_kept = 0;
};

/// Compares platform by platform, sorted by name. Without a previous lock every platform is new and all is added.
std::vector<PlatformChanges> compare_platforms(const lock::Lock& now, const lock::Lock* previous);

}  // namespace envlock::report
