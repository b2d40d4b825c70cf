#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/pypi/project_layout.h"

namespace envlock::pypi {

/// "src/ours" of "src" and "ours"; "ours" of "" and "ours".
std::string join_path(std::string_view folder, std::string_view name);

/// A name that Python can import.
bool is_module_name(std::string_view name);

/// Whether a place of the project is a folder with `__init__.py`, or a .py file.
bool is_package(const std::filesystem::path& project, const std::string& path);
bool is_module_file(const std::filesystem::path& project, const std::string& path);
/// Whether a folder holds a .py file, at any depth.
bool has_sources(const std::filesystem::path& project, const std::string& path);

/// What lies right in a folder of the project. Sorted by name.
struct FolderContent {
  std::vector<std::string> packages;    ///< folders with `__init__.py`
  std::vector<std::string> namespaces;  ///< other folders that hold sources
  std::vector<std::string> modules;     ///< "single" of "single.py"
};
FolderContent content_of(const std::filesystem::path& project, const std::string& folder);

/// Python's fnmatch for names: `*`, `?` and plain characters.
bool matches_pattern(std::string_view name, std::string_view pattern);

/// A layout in the making.
class LayoutBuilder {
 public:
  /// `path`: where the package or module lies; `name`: as it is imported, with slashes.
  void add(const std::string& name, const std::string& path);
  void add_root(const std::string& root);
  void obstacle(const std::string& why);       ///< for linking and copying
  void copy_obstacle(const std::string& why);  ///< the first one counts
  void link_obstacle(const std::string& why);
  bool is_empty() const { return layout_.modules.empty(); }
  ProjectLayout finish();

 private:
  ProjectLayout layout_;
};

}  // namespace envlock::pypi
