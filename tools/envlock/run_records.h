#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "envlock/archive/package_cache.h"
#include "envlock/core/diagnostic.h"
#include "envlock/snapshot/run_record.h"

namespace envlock::tools {

/// Adds the commit and the dirtiness of the working tree around the current folder.
void add_git_facts(snapshot::RunRecord& record);
void add_machine_facts(snapshot::RunRecord& record, core::Notes& notes);

/// The files that a command is said to make, as they were before it ran.
using OutputStamps = std::map<std::string, std::optional<archive::FileStamp>>;
OutputStamps stamps_of(const std::vector<std::string>& files);
/// Adds their hashes. What is not there, or was not touched, is a warning, for the command has ended already.
void add_outputs(snapshot::RunRecord& record, const OutputStamps& before, core::Notes& notes);

/// Where the record of a run goes: the file named, else a file in `.envlock/runs` beside the lock. Found out before the
/// command runs, since nobody wants to hear of it after ten hours.
class RecordPlace {
 public:
  /// `file`: of --record; "" without. `lock`: empty without, and then there is no folder.
  /// Throws: core::Error "file-unwritable" for a file that was named. A folder that cannot be written is a warning.
  RecordPlace(const std::string& file, const std::filesystem::path& lock, core::Notes& notes);
  bool exists() const { return !file_.empty() || !folder_.empty(); }
  /// A failure is a warning: the command's exit code counts for more.
  void write(const snapshot::RunRecord& record, core::Notes& notes) const;

 private:
  std::filesystem::path file_;
  std::filesystem::path folder_;
};

/// Puts a .gitignore into `.envlock`, so that nobody commits an environment by accident.
void keep_out_of_git(const std::filesystem::path& folder);

}  // namespace envlock::tools
