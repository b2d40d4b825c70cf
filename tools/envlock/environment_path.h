#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace envlock::tools {

/// -p and -n, as every command takes them which works on an environment.
struct PrefixArgs {
  std::string prefix;  ///< -p PREFIX, or the argument that names one; "" when not given
  std::string name;    ///< -n NAME; "" when not given
};

/// Adds -p and -n, in the help group "Environment".
void add_prefix_options(CLI::App& command, PrefixArgs& args);

/// The folders in which environments have names.
/// Order: those of $CONDA_ENVS_DIRS, of $CONDA_ENVS_PATH, `envs` of each root prefix ($MAMBA_ROOT_PREFIX, conda's as
/// $CONDA_EXE tells, then ~/miniforge3, ~/mambaforge, ~/miniconda3, ~/anaconda3, ~/micromamba and ~/.local/share/mamba
/// where they are there), ~/.conda/envs. Each once. `envs_dirs` of .condarc is not read.
/// Source: conda's documentation, "envs_dirs".
std::vector<std::filesystem::path> environment_folders();

/// The environment to read: -p, else the one of the name (`base` is the first root prefix), else $CONDA_PREFIX, else
/// `.envlock/env` in the current folder when it is an environment. Absolute. Absent when nothing names one.
/// Whether a path given by -p or $CONDA_PREFIX is an environment is for its reader to say.
/// Throws: core::Error "invalid-argument" (both options, a name that is none), "unknown-environment".
std::optional<std::filesystem::path> find_prefix(const PrefixArgs& args);

/// The same, where a command cannot do without. Throws: also core::Error "no-prefix".
std::filesystem::path require_prefix(const PrefixArgs& args);

/// The environment to create or change: -p; else the one that has the name, or, where there is none, NAME in the first
/// of environment_folders() that can be written; else `.envlock/env` beside the lock. Absolute. Nothing is created.
/// Throws: core::Error "invalid-argument" (`base`, too: conda lives in it), and "no-prefix" when no folder of
/// environments can be written.
std::filesystem::path prefix_to_create(const PrefixArgs& args, const std::filesystem::path& lock);

}  // namespace envlock::tools
