#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace envlock::tools {

/// A command as it runs in an activated environment.
struct Activated {
  std::vector<std::string> words;        ///< the command, behind a shell where scripts have to be sourced first
  std::vector<std::string> environment;  ///< "NAME=value", sorted by name
  std::vector<std::string> scripts;      ///< etc/conda/activate.d/*.sh of the prefix, sorted by name
};

/// What activating `prefix` does for `command`: PATH, CONDA_PREFIX and the like, `variables` and then the scripts of
/// etc/conda/activate.d in order of their names, as `conda activate` has it. `from` is the environment to start from;
/// the folders that another active environment put on PATH are taken off.
/// Order: variables override `from`; scripts see them.
Activated activate(const std::filesystem::path& prefix, const std::map<std::string, std::string>& variables,
                   const std::vector<std::string>& command, const std::map<std::string, std::string>& from);

/// The environment of this process, by name.
std::map<std::string, std::string> process_variables();

}  // namespace envlock::tools
