#include "envlock/pypi/project_folder.h"

#include <algorithm>
#include <optional>
#include <set>
#include <system_error>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/pypi/name.h"
#include "envlock/pypi/requirement.h"
#include "envlock/pypi/version.h"
#include "pyproject.h"

namespace envlock::pypi {
namespace {

class FolderReader {
 public:
  explicit FolderReader(const std::filesystem::path& folder) : pyproject_(Pyproject::read(folder)) {}

  FolderMetadata read() {
    const toml::table* const project = pyproject_.document["project"].as_table();
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
    if (const toml::node* needs = project->get("dependencies")) check_requirements(*needs);
    read_extras(*project);
    result_.metadata.summary = text(*project, "description");
    read_entry_points(*project);
    return std::move(result_);
  }

 private:
  [[noreturn]] void refuse(const std::string& why, const toml::source_region* where = nullptr) const {
    pyproject_.refuse(why, where);
  }
  std::string text(const toml::table& table, const char* key) const { return pyproject_.text(table, key); }
  std::vector<std::string> texts(const toml::table& table, const char* key) const {
    return pyproject_.texts(table, key);
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
    result_.written_name = name;
  }

  void read_version(const toml::table& project) {
    std::string version = text(project, "version");
    if (version.empty()) version = find_dynamic_version(pyproject_).value_or("");
    if (version.empty()) {
      result_.version_known = false;
      result_.metadata.version = kUnknownVersion;
    } else if (!Version::try_parse(version)) {
      refuse("`" + core::printable(version, 80) + "` is no version of PEP 440", nullptr);
    } else {
      result_.metadata.version = version;
    }
  }

  /// What nobody can read would only be told later, as a distribution that cannot be found.
  void check_requirements(const toml::node& list) const {
    const toml::array* const array = list.as_array();
    if (array == nullptr) return;
    for (const toml::node& item : *array) {
      const auto need = item.value_exact<std::string>();
      if (!need || Requirement::parse_leniently(*need)) continue;
      refuse("`" + core::printable(core::without_secrets(*need), 80) + "` is no requirement of PEP 508",
             &item.source());
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
      check_requirements(value);
      for (const std::string& need : pyproject_.texts_of(value, "optional-dependencies." + std::string(key.str()))) {
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

  /// A group of entry_points.txt; its lines are sorted as the table is.
  void add_group(const std::string& group, const toml::node& node) {
    const toml::table* const table = node.as_table();
    if (table == nullptr) refuse("`" + core::printable(group, 80) + "` must be a table", &node.source());
    if (table->empty()) return;
    const auto is_line = [](const std::string& text) {
      return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    };
    result_.entry_points += "[" + group + "]\n";
    for (const auto& [key, value] : *table) {
      const auto target = value.value_exact<std::string>();
      const std::string name(key.str());
      if (!target || !is_line(*target) || !is_line(name) || !is_line(group)) {
        refuse("`" + core::printable(group + "." + name, 80) + "` must be one line of text", &value.source());
      }
      result_.entry_points += name + " = " + *target + "\n";
    }
    result_.entry_points += "\n";
  }

  void read_entry_points(const toml::table& project) {
    for (const char* field : {"scripts", "gui-scripts", "entry-points"}) {
      if (dynamic_.contains(field)) result_.dynamic_entry_points = true;
    }
    if (const toml::node* scripts = project.get("scripts")) add_group("console_scripts", *scripts);
    if (const toml::node* scripts = project.get("gui-scripts")) add_group("gui_scripts", *scripts);
    const toml::node* const groups = project.get("entry-points");
    if (groups == nullptr) return;
    if (groups->as_table() == nullptr) refuse("`entry-points` must be a table", &groups->source());
    for (const auto& [group, table] : *groups->as_table()) add_group(std::string(group.str()), table);
  }

  Pyproject pyproject_;
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
