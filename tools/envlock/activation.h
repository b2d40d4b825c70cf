#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace envlock::tools {

/// A command as it runs in an activated environment.
struct Activated {
  /// The command, behind a shell where scripts have to be sourced first. This shell tells on the descriptor that
  /// activate() was given what it is about to do: a line with each script's path, and last kCommandBegins.
  std::vector<std::string> words;
  std::vector<std::string> environment;  ///< "NAME=value", sorted by name
  std::vector<std::string> scripts;      ///< etc/conda/activate.d/*.sh of the prefix, sorted by name
};

constexpr const char* kCommandBegins = "command\n";

/// What activating `prefix` does for `command`: PATH, CONDA_PREFIX and the like, `variables` and then the scripts of
/// etc/conda/activate.d in order of their names, as `conda activate` has it. `from` is the environment to start from;
/// the folders that another active environment put on PATH are taken off.
/// Order: variables override `from`; scripts see them, and have no positional parameters. `tell_on`: below 10.
Activated activate(const std::filesystem::path& prefix, const std::map<std::string, std::string>& variables,
                   const std::vector<std::string>& command, const std::map<std::string, std::string>& from,
                   int tell_on);

/// The environment of this process, by name.
std::map<std::string, std::string> process_variables();

}  // namespace envlock::tools
