#include "envlock/pypi/project_folder.h"

#include "envlock/core/diagnostic.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/pypi/name.h"
#include "envlock/pypi/version.h"

#define TOML_EXCEPTIONS 1
#define TOML_UNRELEASED_FEATURES 0
#include <toml++/toml.h>

#include <algorithm>
#include <optional>
#include <set>
#include <system_error>

namespace envlock::pypi {
namespace {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{4} << 20;

class FolderReader {
 public:
  explicit FolderReader(const std::filesystem::path& folder) : file_((folder / "pyproject.toml").string()) {}

  FolderMetadata read() {
    toml::table document;
    try {
      document = toml::parse(core::read_file(file_, kMaxFileBytes), file_);
    } catch (const toml::parse_error& error) {
      const toml::source_region& where = error.source();
      refuse("it is not TOML: " + core::printable(error.description(), 300), &where);
    }
    const toml::table* const project = document["project"].as_table();
    if (project == nullptr) {
      result_.obstacle = "its pyproject.toml has no [project] table";
      result_.version_known = false;
      return std::move(result_);
    }
    read_dynamic(*project);
    read_name(*project);
    read_version(*project);
    result_.metadata.metadata_version = "2.1";
    result_.metadata.requires_python = text(*project, "requires-python");
    if (const toml::node* license = project->get("license"); license != nullptr && license->is_string()) {
      result_.metadata.license_expression = text(*project, "license");
      result_.metadata.license = result_.metadata.license_expression;
    }
    result_.metadata.requires_dist = texts(*project, "dependencies");
    read_extras(*project);
    return std::move(result_);
  }

 private:
  [[noreturn]] void refuse(const std::string& why, const toml::source_region* where = nullptr) const {
    core::Diagnostic diagnostic{.code = "project-folder-invalid",
                                .what = "`" + core::printable(file_) + "` does not say what the project needs",
                                .why = {why},
                                .hints = {"pyproject.toml's [project] table is described by PEP 621"}};
    if (where != nullptr && where->begin.line > 0) {
      diagnostic.where = core::SourceSpan{
          .file = file_, .line = static_cast<int>(where->begin.line), .column = static_cast<int>(where->begin.column)};
    }
    throw core::Error(std::move(diagnostic));
  }

  std::string text(const toml::table& table, const char* key) const {
    const toml::node* const node = table.get(key);
    if (node == nullptr) return "";
    const auto value = node->value_exact<std::string>();
    if (!value) refuse("`" + std::string(key) + "` must be text", &node->source());
    return *value;
  }

  std::vector<std::string> texts_of(const toml::node& node, const std::string& role) const {
    const toml::array* const array = node.as_array();
    if (array == nullptr) refuse("`" + role + "` must be a list", &node.source());
    std::vector<std::string> result;
    for (const toml::node& item : *array) {
      const auto value = item.value_exact<std::string>();
      if (!value) refuse("an item of `" + role + "` must be text", &item.source());
      result.push_back(*value);
    }
    return result;
  }

  std::vector<std::string> texts(const toml::table& table, const char* key) const {
    const toml::node* const node = table.get(key);
    return node == nullptr ? std::vector<std::string>{} : texts_of(*node, key);
  }

  void read_dynamic(const toml::table& project) {
    for (const std::string& field : texts(project, "dynamic")) dynamic_.insert(core::to_lower(field));
    for (const char* field : {"dependencies", "optional-dependencies"}) {
      if (dynamic_.contains(field)) {
        result_.obstacle = "its pyproject.toml leaves `" + std::string(field) + "` to the build";
        return;
      }
    }
  }

  void read_name(const toml::table& project) {
    const std::string name = text(project, "name");
    if (!is_valid_name(name)) refuse("`" + core::printable(name, 80) + "` is no name of a project", nullptr);
    result_.metadata.name = normalize_name(name);
  }

  void read_version(const toml::table& project) {
    const std::string version = text(project, "version");
    if (version.empty()) {
      result_.version_known = false;
      result_.metadata.version = "0";
    } else if (!Version::try_parse(version)) {
      refuse("`" + core::printable(version, 80) + "` is no version of PEP 440", nullptr);
    } else {
      result_.metadata.version = version;
    }
  }

  /// An extra's requirements get its marker, as a build would write them.
  void read_extras(const toml::table& project) {
    const toml::node* const node = project.get("optional-dependencies");
    if (node == nullptr) return;
    const toml::table* const extras = node->as_table();
    if (extras == nullptr) refuse("`optional-dependencies` must be a table", &node->source());
    for (const auto& [key, value] : *extras) {
      const std::string extra = normalize_name(key.str());
      result_.metadata.provides_extra.push_back(extra);
      for (const std::string& need : texts_of(value, "optional-dependencies." + std::string(key.str()))) {
        result_.metadata.requires_dist.push_back(with_extra(need, extra));
      }
    }
    std::sort(result_.metadata.provides_extra.begin(), result_.metadata.provides_extra.end());
  }

  static std::string with_extra(const std::string& need, const std::string& extra) {
    const std::string marker = "extra == \"" + extra + "\"";
    // A ";" in a URL belongs to it unless a space stands before (PEP 508).
    const std::size_t at = need.find('@') == std::string::npos ? need.find(';') : need.find(" ;");
    if (at == std::string::npos) return need + " ; " + marker;
    const std::size_t semicolon = need.find(';', at);
    return need.substr(0, at) + " ; (" + std::string(core::trim(std::string_view(need).substr(semicolon + 1))) +
           ") and " + marker;
  }

  std::string file_;
  FolderMetadata result_;
  std::set<std::string> dynamic_;
};

}  // namespace

FolderMetadata read_project_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::is_regular_file(folder / "pyproject.toml", error)) return FolderReader(folder).read();
  for (const char* name : {"setup.py", "setup.cfg"}) {
    if (!std::filesystem::is_regular_file(folder / name, error)) continue;
    FolderMetadata result;
    result.version_known = false;
    result.obstacle = "it has a " + std::string(name) + " and no pyproject.toml";
    return result;
  }
  throw core::Error({.code = "project-folder-invalid",
                     .what = "`" + core::printable(folder.string()) + "` is no Python project",
                     .why = {"it has no pyproject.toml, setup.cfg or setup.py"},
                     .hints = {"name the folder that holds the project"}});
}

}  // namespace envlock::pypi
