// The rules of the other backends, and which backend's count. Each takes what its documentation calls the default, and
// the settings that only name folders; settings that make files are obstacles.
#include "envlock/pypi/project_layout.h"

#include <algorithm>
#include <system_error>

#include "envlock/core/text.h"
#include "envlock/pypi/name.h"
#include "layout_setuptools.h"
#include "project_modules.h"
#include "pyproject.h"

namespace envlock::pypi {
namespace {

namespace fs = std::filesystem;

bool is_set(const toml::table* table, const char* key) {
  const toml::node* const node = table == nullptr ? nullptr : table->get(key);
  if (node == nullptr) return false;
  if (const auto* const inner = node->as_table()) return !inner->empty();
  if (const auto* const list = node->as_array()) return !list->empty();
  return !node->is_boolean() || node->value_or(false);
}

class BackendLayout {
 public:
  BackendLayout(const Pyproject& project, std::string name, LayoutBuilder& layout)
      : project_(project), folder_(project.folder), name_(std::move(name)), layout_(layout) {}

  void hatchling() {
    for (const char* place : {"tool.hatch.build", "tool.hatch.build.targets.wheel"}) {
      const toml::table* const table = project_.table(place);
      if (is_set(table, "hooks")) layout_.copy_obstacle("its build has hooks");
      if (const toml::table* const hooks = project_.table((std::string(place) + ".hooks").c_str())) {
        for (const auto& [hook, settings] : *hooks) {
          if (hook.str() != "vcs")
            layout_.link_obstacle("its build has the hook `" + core::printable(hook.str(), 40) + "`");
        }
      }
      for (const char* key : {"include", "exclude", "only-include", "force-include", "sources", "artifacts"}) {
        if (is_set(table, key)) layout_.copy_obstacle("`" + std::string(place) + "." + key + "` chooses its files");
      }
    }
    if (const toml::table* const wheel = project_.table("tool.hatch.build.targets.wheel")) {
      if (is_set(wheel, "shared-data") || is_set(wheel, "shared-scripts"))
        layout_.copy_obstacle("it brings shared data");
      if (is_set(wheel, "packages")) return take_paths(project_.texts(*wheel, "packages"));
    }
    if (const toml::table* const build = project_.table("tool.hatch.build")) {
      if (is_set(build, "packages")) return take_paths(project_.texts(*build, "packages"));
      for (const std::string& root : project_.texts(*build, "dev-mode-dirs")) layout_.add_root(root);
    }
    take_conventional({"", "src"});
  }

  void flit() {
    const toml::table* const setting = project_.table("tool.flit.module");
    std::string module = setting == nullptr ? name_ : project_.text(*setting, "name");
    std::replace(module.begin(), module.end(), '.', '/');
    if (project_.table("tool.flit.external-data") != nullptr) layout_.copy_obstacle("it brings external data");
    take_first(module, {"", "src"});
  }

  void poetry() {
    const toml::table* const tool = project_.table("tool.poetry");
    if (is_set(tool, "build")) layout_.obstacle("its build runs a script");
    if (is_set(tool, "include") || is_set(tool, "exclude")) layout_.copy_obstacle("`tool.poetry` chooses its files");
    const toml::array* const packages = tool == nullptr ? nullptr : (*tool)["packages"].as_array();
    if (packages == nullptr) return take_conventional({"", "src"});
    for (const toml::node& node : *packages) {
      const toml::table* const package = node.as_table();
      const std::string include = package == nullptr ? "" : project_.text(*package, "include");
      if (include.empty() || include.find('*') != std::string::npos || package->contains("to")) {
        layout_.obstacle("`tool.poetry.packages` holds more than names of folders");
        continue;
      }
      take(include, join_path(project_.text(*package, "from"), include));
    }
  }

  void pdm() {
    std::error_code error;
    const toml::table* const build = project_.table("tool.pdm.build");
    if (is_set(build, "run-setuptools")) layout_.obstacle("its build runs setuptools");
    if (is_set(build, "custom-hook") || fs::exists(folder_ / "pdm_build.py", error))
      layout_.copy_obstacle("its build has hooks");
    if (is_set(build, "includes") || is_set(build, "excludes"))
      layout_.copy_obstacle("`tool.pdm.build` chooses its files");
    std::string root = build == nullptr ? "" : project_.text(*build, "package-dir");
    if (root.empty() && fs::is_directory(folder_ / "src", error)) root = "src";
    for (const std::string& name : content_of(folder_, root).packages) {
      const bool tests = root.empty() && (name == "tests" || name == "test");
      if (!tests) layout_.add(name, join_path(root, name));
    }
    if (layout_.is_empty()) take_conventional({root});
  }

  void uv() {
    const toml::table* const tool = project_.table("tool.uv.build-backend");
    if (is_set(tool, "data")) layout_.copy_obstacle("it brings data files");
    if (is_set(tool, "source-exclude") || is_set(tool, "wheel-exclude"))
      layout_.copy_obstacle("`tool.uv.build-backend` chooses its files");
    const std::string root =
        tool != nullptr && tool->contains("module-root") ? project_.text(*tool, "module-root") : "src";
    std::vector<std::string> names = {name_};
    if (const toml::node* const node = tool == nullptr ? nullptr : tool->get("module-name")) {
      names = node->is_array() ? project_.texts_of(*node, "module-name")
                               : std::vector<std::string>{project_.text(*tool, "module-name")};
    }
    for (std::string name : names) {
      std::replace(name.begin(), name.end(), '.', '/');
      take(name, join_path(root, name));
    }
  }

 private:
  /// Hatchling's `packages`: the last part of a path is the name.
  void take_paths(const std::vector<std::string>& paths) {
    for (std::string path : paths) {
      while (path.ends_with('/')) path.pop_back();
      if (path.starts_with("./")) path.erase(0, 2);
      take(path.substr(path.rfind('/') + 1), path);
    }
  }

  void take(const std::string& name, const std::string& path) {
    std::error_code error;
    if (is_module_file(folder_, path)) return layout_.add(name, path);
    if (fs::is_directory(folder_ / path, error)) return layout_.add(name, path);
    if (is_module_file(folder_, path + ".py")) return layout_.add(name + ".py", path + ".py");
    layout_.obstacle("`" + core::printable(path, 80) + "` is not there");
  }

  /// The module `name` in the first of the folders that has it.
  void take_first(const std::string& name, const std::vector<std::string>& roots) {
    for (const std::string& root : roots) {
      const std::string path = join_path(root, name);
      if (is_package(folder_, path)) return layout_.add(name, path);
      if (is_module_file(folder_, path + ".py")) return layout_.add(name + ".py", path + ".py");
    }
  }

  void take_conventional(const std::vector<std::string>& roots) {
    take_first(name_, roots);
    // A part of a namespace: "src/space/ours", when there is one folder alone that has it.
    for (const std::string& root : roots) {
      if (!layout_.is_empty()) return;
      const std::vector<std::string> spaces = content_of(folder_, root).namespaces;
      for (const std::string& space : spaces) {
        if (is_package(folder_, join_path(join_path(root, space), name_))) {
          layout_.add(space + "/" + name_, join_path(join_path(root, space), name_));
        }
      }
    }
  }

  const Pyproject& project_;
  const fs::path& folder_;
  std::string name_;
  LayoutBuilder& layout_;
};

}  // namespace

ProjectLayout read_project_layout(const fs::path& folder) {
  const Pyproject project = Pyproject::read(folder);
  std::string name = normalize_name(project.document["project"]["name"].value_or(std::string()));
  std::replace(name.begin(), name.end(), '-', '_');
  LayoutBuilder layout;
  BackendLayout other(project, name, layout);
  const std::string backend = project.backend();
  const bool in_tree = project.document["build-system"]["backend-path"].is_array();
  if (in_tree) {
    layout.obstacle("it brings a build backend of its own");
  } else if (backend.starts_with("setuptools.build_meta")) {
    find_setuptools_layout(project, name, layout);
  } else if (backend == "hatchling.build") {
    other.hatchling();
  } else if (backend == "flit_core.buildapi" || backend == "flit.buildapi") {
    other.flit();
  } else if (backend == "poetry.core.masonry.api") {
    other.poetry();
  } else if (backend == "pdm.backend") {
    other.pdm();
  } else if (backend == "uv_build") {
    other.uv();
  } else {
    layout.obstacle("its build backend is `" + core::printable(backend, 80) +
                    "`, whose layout is not known without running it");
  }
  return layout.finish();
}

}  // namespace envlock::pypi
