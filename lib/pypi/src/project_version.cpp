// Where a version may stand that pyproject.toml leaves to the build backend. A file is searched for a plain assignment
// of a text, as the backends do before they run anything; what needs running stays unknown.
#include <algorithm>
#include <regex>
#include <system_error>

#include "envlock/core/diagnostic.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/pypi/name.h"
#include "envlock/pypi/version.h"
#include "pyproject.h"

namespace envlock::pypi {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxSourceBytes = std::uint64_t{1} << 20;

std::optional<std::string> read_source(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return std::nullopt;
  try {
    return core::read_file(file, kMaxSourceBytes);
  } catch (const core::Error&) {
    return std::nullopt;
  }
}

std::optional<std::string> checked(std::string_view text) {
  const std::string version(core::trim(text));
  if (!Version::try_parse(version)) return std::nullopt;
  return version;
}

/// The text that `name` is set to at the start of a line; absent when it is set twice, or to something else.
std::optional<std::string> assigned_text(const fs::path& file, const std::string& name) {
  const std::optional<std::string> source = read_source(file);
  if (!source) return std::nullopt;
  static const std::regex kAssignment(R"(^([A-Za-z_]\w*)\s*(?::\s*[\w.\[\]]+\s*)?=(?!=)\s*(.*)$)");
  static const std::regex kText(R"(^(["'])v?([^"'\\]*)\1\s*(?:#.*)?$)");
  std::optional<std::string> found;
  for (const std::string_view raw : core::split(*source, '\n')) {
    if (!raw.starts_with(name) || raw.size() > 500) continue;
    const std::string line(core::trim(raw));
    std::smatch assignment, text;
    if (!std::regex_match(line, assignment, kAssignment) || assignment[1] != name) continue;
    const std::string value = assignment[2];
    if (found || !std::regex_match(value, text, kText)) return std::nullopt;
    found = text[2];
  }
  return found ? checked(*found) : std::nullopt;
}

/// The file of a dotted module, below the project or its `src`.
std::optional<std::string> version_of_module(const fs::path& folder, std::string module, const std::string& name) {
  std::replace(module.begin(), module.end(), '.', '/');
  for (const char* root : {"src", "."}) {
    for (const std::string& ending : {std::string("/__init__.py"), std::string(".py")}) {
      if (auto version = assigned_text(folder / root / (module + ending), name)) return version;
    }
  }
  return std::nullopt;
}

std::optional<std::string> setuptools_version(const Pyproject& project) {
  const toml::table* const setting = project.table("tool.setuptools.dynamic.version");
  if (setting == nullptr) return std::nullopt;
  if (const std::string attribute = project.text(*setting, "attr"); !attribute.empty()) {
    const std::size_t dot = attribute.rfind('.');
    if (dot == std::string::npos) return std::nullopt;
    return version_of_module(project.folder, attribute.substr(0, dot), attribute.substr(dot + 1));
  }
  const toml::node* const file = setting->get("file");
  if (file == nullptr) return std::nullopt;
  const std::vector<std::string> files =
      file->is_string() ? std::vector<std::string>{project.text(*setting, "file")} : project.texts(*setting, "file");
  if (files.size() != 1) return std::nullopt;
  const std::optional<std::string> text = read_source(project.folder / files.front());
  return text ? checked(*text) : std::nullopt;
}

/// Of backends whose setting names a file that assigns it.
std::optional<std::string> version_of_path(const Pyproject& project, const char* table) {
  const toml::table* const setting = project.table(table);
  if (setting == nullptr || setting->contains("pattern") || setting->contains("expression")) return std::nullopt;
  const std::string source = project.text(*setting, "source");
  const std::string path = project.text(*setting, "path");
  if (path.empty() || (!source.empty() && source != "regex" && source != "file")) return std::nullopt;
  for (const char* name : {"__version__", "VERSION"}) {
    if (auto version = assigned_text(project.folder / path, name)) return version;
  }
  return std::nullopt;
}

std::optional<std::string> flit_version(const Pyproject& project) {
  const toml::table* const setting = project.table("tool.flit.module");
  std::string module = setting == nullptr ? "" : project.text(*setting, "name");
  if (module.empty()) {
    module = normalize_name(project.document["project"]["name"].value_or(std::string()));
    std::replace(module.begin(), module.end(), '-', '_');
  }
  return module.empty() ? std::nullopt : version_of_module(project.folder, module, "__version__");
}

}  // namespace

std::optional<std::string> find_dynamic_version(const Pyproject& project) {
  const std::string backend = project.backend();
  if (backend.starts_with("setuptools.")) return setuptools_version(project);
  if (backend == "hatchling.build") return version_of_path(project, "tool.hatch.version");
  if (backend == "flit_core.buildapi") return flit_version(project);
  if (backend == "pdm.backend") return version_of_path(project, "tool.pdm.version");
  return std::nullopt;
}

}  // namespace envlock::pypi
