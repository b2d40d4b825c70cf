#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "envlock/core/digest.h"
#include "envlock/prefix/conda_meta.h"
#include "envlock/prefix/layout.h"

namespace envlock::prefix {

/// The prefix-independent root of an installed package: equal for the same package in any prefix, on any machine,
/// installed by any tool. A Merkle tree over its paths in order, pyc files left out; a leaf holds path, type,
/// executable bit, placeholder and the SHA-256 of the bytes before replacement (of the target's text for symlinks; of
/// "module:function" for an entry point whose script some tool writes). docs/formats/prefix.md gives the bytes.
struct PackageRoot {
  core::Sha256 root;
  std::uint64_t bytes = 0;           ///< that were hashed
  std::vector<std::string> missing;  ///< paths that are not there; they count as absent in the root
  std::vector<std::string> giants;   ///< files far too large to be the package's: their size counts, they are not read
};

/// No installer makes a file of so many bytes of what `size_bytes` are in the package: its size tells enough. A sparse
/// file of a terabyte is made in no time, and hashed in an hour.
bool is_far_too_large(std::uint64_t have_bytes, std::uint64_t size_bytes);
/// So many bytes may replacing the placeholder make of a path. Absent when conda-meta has no size.
std::optional<std::uint64_t> largest_size(const InstalledPath& path);

/// `python`: the environment's, when it has one (for entry points).
PackageRoot package_root(const std::filesystem::path& prefix, const InstalledPackage& package,
                         const std::optional<Python>& python);

/// All of them, in the order of `packages`, on `threads` threads (0: one per core).
std::vector<PackageRoot> package_roots(const std::filesystem::path& prefix,
                                       const std::vector<InstalledPackage>& packages, std::size_t threads = 0);

/// The python of an environment, from its conda-meta.
std::optional<Python> python_of(const std::vector<InstalledPackage>& packages);

}  // namespace envlock::prefix
