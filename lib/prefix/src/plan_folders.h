#pragma once

#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "journal.h"
#include "leaving_files.h"
#include "planned_file.h"
#include "prefix_folder.h"

namespace envlock::prefix {

/// What happens to folders.
struct PlannedFolders {
  std::vector<std::string> created;      ///< outer ones first
  std::vector<Journal::Folder> removed;  ///< nothing is left in them; inner ones first
  std::vector<Journal::Folder> touched;  ///< are there before and after; sorted

  bool is_new(std::string_view path) const { return new_.contains(std::string(path)); }
  bool is_removed(std::string_view path) const { return gone_.contains(std::string(path)); }

  std::unordered_set<std::string> new_, gone_;  ///< looked up only
};

/// `files`: sorted by path. `wanted`: folders that packages ask for by name. `staying`: those that must not go.
/// Throws: core::Error "clobber" when a folder is needed where a file is planned or stays.
PlannedFolders plan_folders(const PrefixFolder& prefix, const LeavingFiles& leaving,
                            const std::vector<PlannedFile>& files, const std::vector<std::string>& wanted,
                            const std::set<std::string>& staying);

}  // namespace envlock::prefix
