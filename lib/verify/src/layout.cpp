#include "layout.h"

#include <algorithm>

#include "envlock/prefix/package_root.h"

namespace envlock::verify {
namespace {

WantedPath wanted_of(const prefix::InstalledPath& installed) {
  WantedPath wanted;
  wanted.path = installed.path;
  switch (installed.type) {
    case prefix::InstalledType::softlink:
      wanted.kind = WantedKind::symlink;
      return wanted;
    case prefix::InstalledType::directory:
      wanted.kind = WantedKind::directory;
      return wanted;
    case prefix::InstalledType::entry_point:
    case prefix::InstalledType::hardlink:
    case prefix::InstalledType::pyc_file:
    case prefix::InstalledType::other:
      break;
  }
  wanted.size = prefix::largest_size(installed);
  if (installed.sha256_in_prefix) {
    wanted.sha256 = installed.sha256_in_prefix;
  } else if (installed.placeholder) {
    wanted.placeholder = installed.placeholder;
    wanted.original = installed.sha256;
  } else {
    wanted.sha256 = installed.sha256;
  }
  return wanted;
}

}  // namespace

PackageLayout layout_of(const prefix::InstalledPackage& package) {
  PackageLayout layout;
  layout.proof = Proof::record;
  std::size_t hashed = 0;
  for (const prefix::InstalledPath& path : package.paths) {
    // Compiled files are judged by their source, not by what conda-meta says of them.
    if (path.type == prefix::InstalledType::pyc_file) continue;
    layout.paths.push_back(wanted_of(path));
    hashed += layout.paths.back().sha256 || layout.paths.back().original ? 1 : 0;
  }
  // Old installers wrote names alone.
  if (hashed == 0 && !layout.paths.empty()) layout.proof = Proof::none;
  std::sort(layout.paths.begin(), layout.paths.end(),
            [](const WantedPath& left, const WantedPath& right) { return left.path < right.path; });
  return layout;
}

}  // namespace envlock::verify
