#include "places.h"

#include <algorithm>
#include <string>
#include <utility>

namespace envlock::verify {
namespace {

bool starts_with(std::string_view text, std::string_view beginning) {
  return text.substr(0, beginning.size()) == beginning;
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

/// "x.so", "x.so.1.2".
bool is_shared_object(std::string_view name) {
  return ends_with(name, ".so") || name.find(".so.") != std::string_view::npos;
}

/// The part of `path` below `folder`; "" when it is not there.
std::string_view below(std::string_view path, std::string_view folder) {
  return starts_with(path, folder) ? path.substr(folder.size()) : std::string_view();
}

/// sitecustomize.py, sitecustomize.cpython-312-x86_64-linux-gnu.so, sitecustomize/__init__.py.
bool is_customization(std::string_view path, std::string_view root) {
  const std::string_view rest = path.substr(root.size());
  const std::string_view first = rest.substr(0, rest.find('/'));
  const std::string_view stem = first.substr(0, first.find('.'));
  return stem == "sitecustomize" || stem == "usercustomize";
}

/// What R, IPython and Jupyter run of the environment itself whenever they start.
bool is_profile(std::string_view path) {
  for (const char* name : {"lib/R/etc/Rprofile.site", "lib/R/etc/Renviron.site"}) {
    if (path == name) return true;
  }
  const bool is_configured = starts_with(path, "etc/ipython/") || starts_with(path, "etc/jupyter/");
  return is_configured && (ends_with(path, ".py") || ends_with(path, ".ipy"));
}

bool is_startup(std::string_view path) {
  if (path == "pyvenv.cfg" || path == "bin/pyvenv.cfg" || is_profile(path)) return true;
  const std::string_view root = import_root(path);
  if (root.empty()) return false;
  const bool is_direct = path.substr(root.size()).find('/') == std::string_view::npos;
  return (is_direct && ends_with(path, ".pth") && ends_with(root, "site-packages/")) || is_customization(path, root);
}

/// "libx.so.1.envlock-kept-1": what an install kept aside. Nothing runs, loads or imports a file of such a name; but
/// conda and mamba read every file of env_vars.d.
bool is_kept_aside(std::string_view path) {
  if (starts_with(path, "etc/conda/env_vars.d/")) return false;
  const std::string_view name = file_name(path);
  constexpr std::string_view kMark = ".envlock-kept-";
  const std::size_t mark = name.rfind(kMark);
  if (mark == std::string_view::npos || mark == 0) return false;
  const std::string_view number = name.substr(mark + kMark.size());
  return !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::string_view file_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

bool in_pycache(std::string_view path) {
  return file_name(folder_of(path)) == "__pycache__";
}

std::string_view import_root(std::string_view path) {
  constexpr std::string_view kPython = "lib/python";
  constexpr std::string_view kPypy = "lib/pypy";
  const std::string_view name = starts_with(path, kPypy) ? kPypy : kPython;
  if (!starts_with(path, name)) return {};
  const std::size_t slash = path.find('/', name.size());
  if (slash == std::string_view::npos) return {};
  const std::string_view version = path.substr(name.size(), slash - name.size());
  const auto is_part = [](char c) { return (c >= '0' && c <= '9') || c == '.' || c == 't'; };
  if (version.empty() || !std::all_of(version.begin(), version.end(), is_part)) return {};
  constexpr std::string_view kSite = "site-packages/";
  const bool in_site = starts_with(path.substr(slash + 1), kSite);
  return path.substr(0, slash + 1 + (in_site ? kSite.size() : 0));
}

bool is_importable(std::string_view path) {
  return !import_root(path).empty();
}

Place place_of_link(std::string_view path) {
  if (is_kept_aside(path)) return Place::elsewhere;
  const Place place = place_of(path);
  if (place != Place::elsewhere) return place;
  const std::string folder = std::string(path) + "/";
  constexpr std::pair<std::string_view, Place> kGuarded[] = {
      {"bin/", Place::program},
      {"sbin/", Place::program},
      {"condabin/", Place::program},
      {"lib/", Place::library},
      {"lib64/", Place::library},
      {"lib32/", Place::library},
      {"etc/conda/activate.d/", Place::activation},
      {"etc/conda/deactivate.d/", Place::activation},
      {"etc/conda/env_vars.d/", Place::activation},
  };
  for (const auto& [guarded, kind] : kGuarded) {
    if (starts_with(guarded, folder)) return kind;
    if (kind == Place::library && starts_with(folder, guarded)) return kind;
  }
  return Place::elsewhere;
}

Place place_of(std::string_view path) {
  if (is_kept_aside(path)) return Place::elsewhere;
  if (is_startup(path)) return Place::startup;
  for (const std::string_view folder : {"etc/conda/activate.d/", "etc/conda/deactivate.d/", "etc/conda/env_vars.d/"}) {
    if (starts_with(path, folder)) return Place::activation;
  }
  for (const std::string_view folder : {"lib/", "lib64/", "lib32/"}) {
    const std::string_view rest = below(path, folder);
    if (rest.empty()) continue;
    if (is_shared_object(file_name(path)) || rest.find('/') == std::string_view::npos) return Place::library;
  }
  if (is_importable(path)) return Place::module;
  for (const std::string_view folder : {"bin/", "sbin/", "condabin/"}) {
    if (starts_with(path, folder)) return Place::program;
  }
  return Place::elsewhere;
}

}  // namespace envlock::verify
