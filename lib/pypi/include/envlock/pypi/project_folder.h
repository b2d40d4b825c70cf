#pragma once

#include <filesystem>
#include <string>

#include "envlock/pypi/metadata.h"

namespace envlock::pypi {

/// The version of a folder or repository that only a build would tell. Every need of its name is met by it: nobody
/// knows better, and it is what the user means to have.
inline constexpr const char* kUnknownVersion = "0";

/// What a project's own folder says of it, read without running anything.
struct FolderMetadata {
  Metadata metadata;  ///< version "0" where only a build would tell it
  bool version_known = true;
  /// Why a build would be needed to know what it asks for ("`dependencies` is dynamic"); empty: all is known.
  std::string obstacle;
  std::string written_name;           ///< the name before it was normalized
  std::string entry_points;           ///< the text of an entry_points.txt: [project.scripts] and its kin
  bool dynamic_entry_points = false;  ///< they are left to the build
};

/// Reads pyproject.toml's [project] table (PEP 621): name, version, dependencies, optional-dependencies,
/// requires-python, license, scripts and entry points. A version that is left to a known backend is looked for where
/// its settings point to. Names and versions are checked, requirements read later.
/// Throws: core::Error "project-folder-invalid": no such folder, no pyproject.toml, setup.cfg or setup.py in it, text
/// that is no TOML, a name that is none, a list that is none.
FolderMetadata read_project_folder(const std::filesystem::path& folder);

}  // namespace envlock::pypi
