#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "envlock/prefix/transaction.h"
#include "places.h"

namespace envlock::prefix {

/// The hashes that a file of the prefix may have without anybody having changed it. Empty: it is not known.
using KnownHashes = std::vector<core::Sha256>;

/// A file or link that leaves, by where it really lies.
struct LeavingFile {
  bool changed = false;  ///< by the user: it is kept aside
};
using LeavingFiles = std::map<std::string, LeavingFile>;

/// The hashes that conda-meta has for this path.
KnownHashes hashes_of(const InstalledPath& path);
/// The hash of a plain file. Absent for anything else.
std::optional<core::Sha256> hash_in_prefix(Cursor& cursor, const std::string& path);

/// Every file of `packages` and `distributions` that is there and that no staying package owns too, their conda-meta,
/// and the pyc files that Python made of their sources. A file is `changed` when something is known of its content and
/// that is no longer so. What lies behind links that no installed package owns is left alone.
LeavingFiles leaving_files(const PrefixFolder& prefix, const InstalledPackages& installed,
                           const std::vector<InstalledPackage>& packages,
                           const std::vector<Distribution>& distributions, std::size_t threads);

}  // namespace envlock::prefix
