#pragma once

#include <vector>

#include "envlock/archive/package_cache.h"

namespace envlock::archive {

/// What PackageCache::look_at tells.
PackageCache::Look look_at_cached(const Unpacked& package, const UnpackedFile& file, int folder);

/// Some files of a package, and the stamps of all.
struct StampsToTake {
  const Unpacked* package = nullptr;
  int folder = -1;                 ///< as for look_at
  std::vector<std::size_t> files;  ///< in package->files
  std::vector<FileStamp> stamps;   ///< of all of package->files
};

/// Gives each of `files` the stamp that it has now, when its size, mode and mtime are those that were recorded; else
/// none.
void take_stamps(std::vector<StampsToTake>& packages);

}  // namespace envlock::archive
