#pragma once

#include <string>

#include "journal_folder.h"
#include "plan.h"

namespace envlock::prefix {

struct ExecuteInput {
  const JournalFolder& folder;
  std::string prefix;  ///< absolute
  Plan& plan;          ///< what its packages will say in conda-meta is taken out of it
  const Target& target;
  const Difference& difference;
  const archive::PackageCache& cache;
  const InstallOptions& options;
};

/// Throws: core::Error "interrupted" when the user wants to stop.
void check_not_stopped(const InstallOptions& options);

/// Does what the plan says; its journal is on the disk. What it throws leaves the prefix to be put back.
InstallResult execute(const ExecuteInput& input, core::Progress& progress, core::Notes& notes);

}  // namespace envlock::prefix
