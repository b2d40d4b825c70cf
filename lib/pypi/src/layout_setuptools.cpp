#include "layout_setuptools.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <system_error>

#include "envlock/core/diagnostic.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "ini_file.h"

namespace envlock::pypi {
namespace {

namespace fs = std::filesystem;

/// Folders and files of a project's top that setuptools never takes for its modules.
const std::set<std::string>& reserved_folders() {
  static const std::set<std::string> kNames = {
      "ci",        "bin",        "debian",        "doc",       "docs",      "documentation",
      "manpages",  "news",       "newsfragments", "changelog", "test",      "tests",
      "unit_test", "unit_tests", "example",       "examples",  "scripts",   "tools",
      "util",      "utils",      "python",        "build",     "benchmark", "benchmarks",
      "exercise",  "exercises",  "htmlcov",       "tasks",     "fabfile",   "site_scons"};
  return kNames;
}
const std::set<std::string>& reserved_files() {
  static const std::set<std::string> kNames = {"setup",    "conftest", "test",    "tests",   "example",
                                               "examples", "build",    "toxfile", "noxfile", "pavement",
                                               "dodo",     "tasks",    "fabfile"};
  return kNames;
}

/// What pyproject.toml, or else setup.cfg, says of packages.
struct Words {
  std::map<std::string, std::string> package_dir;
  std::optional<std::vector<std::string>> packages;    ///< listed by name
  std::optional<std::vector<std::string>> py_modules;  ///< likewise
  bool finds = false;                                  ///< looked for, in the folders `where`
  std::vector<std::string> where, include, exclude;

  bool says_which() const { return packages || py_modules || finds; }
};

std::string plain_folder(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  if (path.starts_with("./")) path.erase(0, 2);
  return path == "." ? "" : path;
}

Words words_of_pyproject(const Pyproject& project) {
  Words words;
  const toml::table* const tool = project.table("tool.setuptools");
  if (tool == nullptr) return words;
  if (const toml::table* const folders = (*tool)["package-dir"].as_table()) {
    for (const auto& [key, value] : *folders) {
      words.package_dir[std::string(key.str())] = plain_folder(value.value_or(std::string()));
    }
  }
  if (tool->contains("py-modules")) words.py_modules = project.texts(*tool, "py-modules");
  const toml::node* const packages = tool->get("packages");
  if (packages == nullptr) return words;
  if (packages->is_array()) {
    words.packages = project.texts_of(*packages, "tool.setuptools.packages");
  } else if (const toml::table* const find = project.table("tool.setuptools.packages.find")) {
    words.finds = true;
    words.where = project.texts(*find, "where");
    words.include = project.texts(*find, "include");
    words.exclude = project.texts(*find, "exclude");
  }
  return words;
}

std::vector<std::string> list_of(const std::string& text) {
  std::vector<std::string> items;
  std::string rest = text;
  std::replace(rest.begin(), rest.end(), ',', '\n');
  for (const std::string_view item : core::split(rest, '\n')) {
    if (!core::trim(item).empty()) items.emplace_back(core::trim(item));
  }
  return items;
}

/// Lays over `words` what setup.cfg says; pyproject.toml was first.
void add_setup_cfg(const fs::path& folder, Words& words, LayoutBuilder& layout) {
  std::error_code error;
  if (!fs::is_regular_file(folder / "setup.cfg", error)) return;
  IniFile file;
  try {
    file = parse_ini(core::read_file(folder / "setup.cfg", std::uint64_t{1} << 20));
  } catch (const IniFault&) {
    return layout.obstacle("its setup.cfg cannot be read");
  }
  std::map<std::string, std::string> options, find;
  for (const IniFile::Section& section : file.sections) {
    for (const auto& [key, value] : section.items) {
      if (section.name == "options") options[key] = value;
      if (section.name == "options.packages.find") find[key] = value;
    }
  }
  if (words.package_dir.empty()) {
    for (const std::string& line : list_of(options["package_dir"])) {
      const std::size_t sign = line.find('=');
      if (sign == std::string::npos) continue;
      words.package_dir[std::string(core::trim(line.substr(0, sign)))] =
          plain_folder(std::string(core::trim(line.substr(sign + 1))));
    }
  }
  if (words.says_which()) return;
  if (options.contains("py_modules")) words.py_modules = list_of(options["py_modules"]);
  const std::string packages(core::trim(options["packages"]));
  if (packages == "find:" || packages == "find_namespace:") {
    words.finds = true;
    words.where = list_of(find["where"]);
    words.include = list_of(find["include"]);
    words.exclude = list_of(find["exclude"]);
  } else if (!packages.empty()) {
    words.packages = list_of(packages);
  }
}

/// A setup.py that only calls setup() says nothing more than pyproject.toml does.
void look_at_setup_py(const fs::path& folder, LayoutBuilder& layout) {
  std::error_code error;
  if (!fs::is_regular_file(folder / "setup.py", error)) return;
  const std::string text = core::read_file(folder / "setup.py", std::uint64_t{1} << 20);
  std::string rest;
  for (const std::string_view raw : core::split(text, '\n')) {
    const std::string_view line = core::trim(raw.substr(0, raw.find('#')));
    const bool passes = line.empty() || line.starts_with("import ") || line.starts_with("from ") ||
                        line.starts_with("if __name__") ||
                        (line.starts_with("\"\"\"") && line.size() > 5 && line.ends_with("\"\"\""));
    if (!passes) rest += line;
  }
  if (rest == "setup()" || rest == "setuptools.setup()") return;
  layout.copy_obstacle("its setup.py holds code, which only a build runs");
  for (const char* word :
       {"ext_modules", "cffi_modules", "rust_extensions", "cythonize", "package_dir", "packages", "py_modules"}) {
    if (text.find(word) == std::string::npos) continue;
    return layout.link_obstacle("its setup.py speaks of `" + std::string(word) + "`, and only a build runs it");
  }
}

class Discovery {
 public:
  Discovery(const Pyproject& project, const Words& words, LayoutBuilder& layout)
      : folder_(project.folder), words_(words), layout_(layout) {}

  /// Packages that are listed: each top one with all that is below it.
  void take_listed() {
    for (const std::string& package : words_.packages.value_or(std::vector<std::string>())) {
      std::string name = package;
      std::replace(name.begin(), name.end(), '.', '/');
      const std::size_t slash = name.rfind('/');
      const bool is_inside = slash != std::string::npos && listed(package.substr(0, slash));
      if (is_inside) continue;
      take(name, place_of(name), package);
    }
    for (const std::string& module : words_.py_modules.value_or(std::vector<std::string>())) {
      std::string name = module;
      std::replace(name.begin(), name.end(), '.', '/');
      const std::string path = join_path(root(), name + ".py");
      if (!is_module_file(folder_, path)) return missing(module, path);
      layout_.add(name + ".py", path);
    }
  }

  void take_found() {
    const std::vector<std::string> where = words_.where.empty() ? std::vector<std::string>{"."} : words_.where;
    for (const std::vector<std::string>* patterns : {&words_.include, &words_.exclude}) {
      const bool deep = std::any_of(patterns->begin(), patterns->end(), [](const std::string& pattern) {
        return pattern.find('.') != std::string::npos && !pattern.ends_with(".*");
      });
      if (deep) layout_.copy_obstacle("it chooses among the packages inside of its packages");
    }
    for (const std::string& each : where) {
      const std::string start = plain_folder(each);
      const FolderContent content = content_of(folder_, start);
      for (const auto* names : {&content.packages, &content.namespaces}) {
        for (const std::string& name : *names) {
          if (is_chosen(name)) layout_.add(name, join_path(start, name));
        }
      }
    }
  }

  void discover(const std::string& project_name) {
    std::error_code error;
    const std::string start = words_.package_dir.contains("") ? root() : "src";
    if (fs::is_directory(folder_ / start, error) && start != "") return take_all(start);
    const FolderContent content = content_of(folder_, "");
    std::vector<std::string> packages = content.packages;
    std::erase_if(packages, [](const std::string& name) { return reserved_folders().contains(name); });
    const bool has_own = std::find(packages.begin(), packages.end(), project_name) != packages.end();
    if (packages.size() == 1) return layout_.add(packages.front(), packages.front());
    if (packages.size() > 1) {
      if (has_own) layout_.add(project_name, project_name);
      return layout_.obstacle("it has several folders that may be its packages: " +
                              core::printable(core::join(packages, ", "), 200));
    }
    std::vector<std::string> spaces = content.namespaces;
    std::erase_if(spaces, [](const std::string& name) { return reserved_folders().contains(name); });
    if (spaces.size() == 1) return layout_.add(spaces.front(), spaces.front());
    std::vector<std::string> modules = content.modules;
    std::erase_if(modules, [](const std::string& name) { return reserved_files().contains(name); });
    if (modules.size() == 1) layout_.add(modules.front() + ".py", modules.front() + ".py");
    if (modules.size() > 1) {
      layout_.obstacle("it has several files that may be its modules: " +
                       core::printable(core::join(modules, ", "), 200));
    }
  }

 private:
  std::string root() const {
    const auto root = words_.package_dir.find("");
    return root == words_.package_dir.end() ? "" : root->second;
  }

  bool listed(const std::string& package) const {
    return std::find(words_.packages->begin(), words_.packages->end(), package) != words_.packages->end();
  }

  /// Where a package lies: by the longest of its parents that has a folder of its own.
  std::string place_of(const std::string& name) const {
    for (std::size_t end = name.size(); end != std::string::npos && end > 0; end = name.rfind('/', end - 1)) {
      std::string dotted = name.substr(0, end);
      std::replace(dotted.begin(), dotted.end(), '/', '.');
      const auto folder = words_.package_dir.find(dotted);
      if (folder != words_.package_dir.end())
        return join_path(folder->second, end < name.size() ? name.substr(end + 1) : "");
    }
    return join_path(root(), name);
  }

  void take(const std::string& name, const std::string& path, const std::string& shown) {
    std::error_code error;
    if (!fs::is_directory(folder_ / path, error)) return missing(shown, path);
    layout_.add(name, path);
  }

  void missing(const std::string& name, const std::string& path) {
    layout_.obstacle("`" + core::printable(name, 80) + "` is to lie in `" + core::printable(path, 80) +
                     "`, where it is not");
  }

  bool is_chosen(const std::string& name) const {
    const auto any = [&](const std::vector<std::string>& patterns) {
      return std::any_of(patterns.begin(), patterns.end(),
                         [&](const std::string& pattern) { return matches_pattern(name, pattern); });
    };
    return (words_.include.empty() || any(words_.include)) && !any(words_.exclude);
  }

  void take_all(const std::string& start) {
    const FolderContent content = content_of(folder_, start);
    for (const auto* names : {&content.packages, &content.namespaces}) {
      for (const std::string& name : *names) layout_.add(name, join_path(start, name));
    }
    for (const std::string& name : content.modules) layout_.add(name + ".py", join_path(start, name + ".py"));
  }

  const fs::path& folder_;
  const Words& words_;
  LayoutBuilder& layout_;
};

}  // namespace

void find_setuptools_layout(const Pyproject& project, const std::string& name, LayoutBuilder& layout) {
  look_at_setup_py(project.folder, layout);
  if (const toml::table* const tool = project.table("tool.setuptools")) {
    if (tool->contains("ext-modules")) layout.obstacle("it has modules that are compiled");
    for (const char* key : {"cmdclass", "data-files", "script-files"}) {
      if (tool->contains(key))
        layout.copy_obstacle("its pyproject.toml sets `tool.setuptools." + std::string(key) + "`");
    }
  }
  Words words = words_of_pyproject(project);
  add_setup_cfg(project.folder, words, layout);
  Discovery discovery(project, words, layout);
  if (words.finds) discovery.take_found();
  if (words.packages || words.py_modules) discovery.take_listed();
  if (!words.says_which()) discovery.discover(name);
}

}  // namespace envlock::pypi
