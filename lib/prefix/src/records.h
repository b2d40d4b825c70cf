#pragma once

#include <string>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "planned_file.h"
#include "prefix_folder.h"

namespace envlock::prefix {

/// The files of conda-meta that belong to no package: history, state, the copy of the lock, the lists of wheels and of
/// scripts that were not run.
struct Records {
  std::vector<PlannedFile> files;
  std::vector<std::string> leaving;      ///< those that are there and shall not be any more
  std::vector<std::string> broken;       ///< what lies in their places and cannot be understood: kept aside
  std::vector<core::Diagnostic> mended;  ///< what is to be said of these
};
/// `scripts`: the text of envlock-scripts.
Records plan_records(const PrefixFolder& prefix, const InstalledPackages& installed, const Target& target,
                     const Difference& difference, std::string scripts);

/// The newest time of all packages: that of what belongs to the whole environment.
std::int64_t time_of(const Target& target);

/// A file of the prefix, links not followed. Absent: there is none, or it cannot be read.
std::optional<std::string> read_in_prefix(Cursor& cursor, const std::string& path);

}  // namespace envlock::prefix
