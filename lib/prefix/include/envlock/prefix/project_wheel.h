#pragma once

#include <filesystem>
#include <string>

namespace envlock::prefix {

/// How a project's own modules get into an environment.
enum class ProjectUse {
  link,  ///< by a .pth file that names their folder, as editable installs do
  copy,  ///< as a build of a plain project would pack them
};

/// A wheel that was made of a project without running anything of it.
struct ProjectWheel {
  std::string file_name;
  std::string version;  ///< normal form
  std::string bytes;
};

/// Makes a wheel of what the project's files say: METADATA and entry points of pyproject.toml's [project] table, and
/// the modules where its build backend would find them. The same files in the same place give the same bytes.
/// `version`: the locked one, for projects whose version only a build would tell. What is copied are all files in the
/// folders of the packages, without compiled ones; a symlink that stays in the project becomes what it points to.
/// Throws: core::Error "project-layout-unknown" (where the modules are, or what a build would make of them, is not to
/// be told), "project-folder-invalid", "file-unreadable", and for a path that no .pth can hold "project-not-linkable".
ProjectWheel make_project_wheel(const std::filesystem::path& folder, const std::string& version, ProjectUse use);

}  // namespace envlock::prefix
