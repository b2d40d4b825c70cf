// What the writer and the reader of snapshots share.
#pragma once

#include <string>
#include <string_view>

#include "envlock/snapshot/snapshot.h"

namespace envlock::snapshot {

inline constexpr std::string_view kFormatName = "envlock-snapshot";
inline constexpr int kFormatVersion = 1;

/// The file that a conda package's name, version and build imply; documents name only those which differ.
inline std::string implied_file_name(const SnapshotPackage& package) {
  return package.name + "-" + package.version + "-" + package.build + ".conda";
}

}  // namespace envlock::snapshot
