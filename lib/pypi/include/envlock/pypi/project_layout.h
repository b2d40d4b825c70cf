#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace envlock::pypi {

/// A package or module that a project brings.
struct ProjectModule {
  std::string name;  ///< where it lies once it is installed: "ours", "space/ours", "single.py"
  std::string path;  ///< in the project: "src/ours"

  auto operator<=>(const ProjectModule&) const = default;
};

/// Where the modules of a project lie, told by its files alone: nothing of it is run.
struct ProjectLayout {
  std::vector<ProjectModule> modules;  ///< sorted
  /// Folders of the project in which Python would have to look: "src", "" the project itself. Sorted.
  std::vector<std::string> roots;
  std::string link_obstacle;  ///< why looking there is not the same as installing it; empty: it is
  std::string copy_obstacle;  ///< why a build may make more than copies of the modules; empty: it does not
};

/// By the rules of the build backend that pyproject.toml names: setuptools, hatchling, flit, poetry, pdm and uv. Of
/// others, and of what these leave to code, it says why the layout is not known.
/// Throws: core::Error "project-folder-invalid".
ProjectLayout read_project_layout(const std::filesystem::path& folder);

}  // namespace envlock::pypi
