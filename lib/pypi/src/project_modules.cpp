#include "project_modules.h"

#include <algorithm>
#include <system_error>

#include "ascii.h"
#include "envlock/core/text.h"

namespace envlock::pypi {
namespace {

namespace fs = std::filesystem;

/// A folder of sources that holds more than this is not looked through to its end.
constexpr int kMostEntries = 20'000;

void sort_once(std::vector<std::string>& texts) {
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
}

}  // namespace

std::string join_path(std::string_view folder, std::string_view name) {
  if (folder.empty()) return std::string(name);
  return name.empty() ? std::string(folder) : std::string(folder) + "/" + std::string(name);
}

bool is_module_name(std::string_view name) {
  if (name.empty() || ascii::is_digit(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return ascii::is_alphanumeric(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
  });
}

bool is_package(const fs::path& project, const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(project / path / "__init__.py", error);
}

bool is_module_file(const fs::path& project, const std::string& path) {
  std::error_code error;
  return path.ends_with(".py") && fs::is_regular_file(project / path, error);
}

bool has_sources(const fs::path& project, const std::string& path) {
  std::error_code error;
  int seen = 0;
  fs::recursive_directory_iterator entry(project / path, error);
  for (; !error && entry != fs::recursive_directory_iterator() && seen < kMostEntries; entry.increment(error), ++seen) {
    if (entry->path().extension() == ".py") return true;
  }
  return false;
}

FolderContent content_of(const fs::path& project, const std::string& folder) {
  FolderContent content;
  std::error_code error;
  for (fs::directory_iterator entry(project / folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const std::string path = join_path(folder, name);
    std::error_code ignored;
    if (entry->is_directory(ignored)) {
      if (!is_module_name(name) || name == "__pycache__") continue;
      if (is_package(project, path)) {
        content.packages.push_back(name);
      } else if (has_sources(project, path)) {
        content.namespaces.push_back(name);
      }
    } else if (is_module_file(project, path) && is_module_name(name.substr(0, name.size() - 3))) {
      content.modules.push_back(name.substr(0, name.size() - 3));
    }
  }
  for (auto* names : {&content.packages, &content.namespaces, &content.modules}) sort_once(*names);
  return content;
}

bool matches_pattern(std::string_view name, std::string_view pattern) {
  // After a star, the shortest match is tried first; only the last star is ever given more, so that no pattern is slow.
  std::size_t at = 0, in_pattern = 0, star = std::string_view::npos, after_star = 0;
  while (at < name.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      star = in_pattern++;
      after_star = at;
    } else if (in_pattern < pattern.size() && (pattern[in_pattern] == '?' || pattern[in_pattern] == name[at])) {
      ++at, ++in_pattern;
    } else if (star != std::string_view::npos) {
      in_pattern = star + 1;
      at = ++after_star;
    } else {
      return false;
    }
  }
  while (in_pattern < pattern.size() && pattern[in_pattern] == '*') ++in_pattern;
  return in_pattern == pattern.size();
}

void LayoutBuilder::add(const std::string& name, const std::string& path) {
  layout_.modules.push_back({name, path});
  if (path == name) return add_root("");
  if (path.size() > name.size() + 1 && path.ends_with("/" + name)) {
    return add_root(path.substr(0, path.size() - name.size() - 1));
  }
  link_obstacle("`" + core::printable(name, 80) + "` lies in `" + core::printable(path, 80) +
                "`, where Python would find it by another name");
}

void LayoutBuilder::add_root(const std::string& root) {
  layout_.roots.push_back(root == "." ? "" : root);
}

void LayoutBuilder::obstacle(const std::string& why) {
  link_obstacle(why);
  copy_obstacle(why);
}

void LayoutBuilder::copy_obstacle(const std::string& why) {
  if (layout_.copy_obstacle.empty()) layout_.copy_obstacle = why;
}

void LayoutBuilder::link_obstacle(const std::string& why) {
  if (layout_.link_obstacle.empty()) layout_.link_obstacle = why;
}

ProjectLayout LayoutBuilder::finish() {
  std::sort(layout_.modules.begin(), layout_.modules.end());
  layout_.modules.erase(std::unique(layout_.modules.begin(), layout_.modules.end()), layout_.modules.end());
  sort_once(layout_.roots);
  if (is_empty()) obstacle("no package or module of it was found");
  const auto leads_out = [](const std::string& path) {
    return path.starts_with('/') || ("/" + path + "/").find("/../") != std::string::npos;
  };
  for (const ProjectModule& module : layout_.modules) {
    if (leads_out(module.path)) obstacle("`" + core::printable(module.path, 80) + "` leads out of the project");
  }
  for (const std::string& root : layout_.roots) {
    if (leads_out(root)) obstacle("`" + core::printable(root, 80) + "` leads out of the project");
  }
  return std::move(layout_);
}

}  // namespace envlock::pypi
