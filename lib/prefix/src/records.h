#pragma once

#include <string>
#include <vector>

#include "planned_file.h"
#include "prefix_folder.h"

namespace envlock::prefix {

/// The files of conda-meta that belong to no package: history, state, the copy of the lock, the list of wheels.
struct Records {
  std::vector<PlannedFile> files;
  std::vector<std::string> leaving;  ///< those that are there and shall not be any more
};
/// `added`: what is linked, as its conda-meta will name it.
Records plan_records(const PrefixFolder& prefix, const InstalledPackages& installed, const Target& target,
                     const Difference& difference, std::int64_t time_seconds);

/// The newest time of all packages: that of what belongs to the whole environment.
std::int64_t time_of(const Target& target);

/// A file of the prefix, links not followed. Absent: there is none, or it cannot be read.
std::optional<std::string> read_in_prefix(Cursor& cursor, const std::string& path);

}  // namespace envlock::prefix
