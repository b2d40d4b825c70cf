#pragma once

#include <vector>

#include "envlock/archive/package_cache.h"

namespace envlock::archive {

/// What PackageCache::glance tells.
PackageCache::Glance glance_at(const UnpackedFile& file, const CacheCursor& at);

/// Some files of a package, and the stamps of all.
struct StampsToTake {
  const Unpacked* package = nullptr;
  int folder = -1;                 ///< its `files`, held open; -1: it is not
  std::vector<std::size_t> files;  ///< in package->files
  std::vector<FileStamp> stamps;   ///< of all of package->files
};

/// Gives each of `files` the stamp that it has now, when its size, mode and mtime are those that were recorded; else
/// none. `threads`: 0 is one per core.
void take_stamps(std::vector<StampsToTake>& packages, std::size_t threads);

}  // namespace envlock::archive
