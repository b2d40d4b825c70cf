#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "envlock/core/digest.h"
#include "envlock/prefix/wheel.h"
#include "envlock/snapshot/snapshot.h"

namespace envlock::snapshot {

/// The prefix-independent root of each installed distribution, over the bytes of the files that its RECORD lists; in
/// the order given. Absent for one that is editable or has no RECORD. Left out are compiled modules, what differs from
/// one installer to the next, and files outside the prefix; of scripts in bin/ the path alone counts. A file that is
/// missing counts as missing. docs/formats/snapshot.md has the bytes.
/// Throws: core::Error "file-unreadable".
std::vector<std::optional<core::Sha256>> distribution_roots(const std::filesystem::path& prefix,
                                                            const std::vector<prefix::Distribution>& distributions);

/// The root of an environment over kind, name, version, build and root of its packages, in their order. Absent when one
/// of them has no root.
std::optional<core::Sha256> environment_root(const std::vector<SnapshotPackage>& packages);

}  // namespace envlock::snapshot
