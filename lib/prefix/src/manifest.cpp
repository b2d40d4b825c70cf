#include "envlock/prefix/manifest.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "entry_point_of.h"
#include "envlock/conda/package_record.h"
#include "manifest_invalid.h"
#include "manifest_json.h"
#include "manifest_paths.h"

namespace envlock::prefix {

namespace {

using nlohmann::json;

constexpr std::size_t kMaxEntryPoints = 10'000;
constexpr std::string_view kScripts = "python-scripts/";

// Name, version and build become parts of file names, so that a slash in one of them would lead elsewhere.
std::string file_name_part(const json& index, const char* key, const InfoFile& file) {
  std::optional<std::string> text = text_member(index, key, file);
  if (!text) file.fail(std::string("has no `") + key + "`");
  if (!conda::is_safe_file_name(*text)) {
    file.fail(std::string("has a `") + key + "` that cannot be part of a file name", {"have " + show(*text)});
  }
  return std::move(*text);
}

Noarch noarch_named(const std::string& text, const InfoFile& file) {
  if (text == "python") return Noarch::python;
  if (text == "generic") return Noarch::generic;
  file.fail("has a `noarch` kind that is not known", {"have " + show(text), "want `python` or `generic`"});
}

// Old packages say true or false. Absent: the file does not tell.
std::optional<Noarch> noarch_of(const json& index, const InfoFile& file) {
  const auto member = index.find("noarch");
  if (member == index.end() || member->is_null()) return std::nullopt;
  if (member->is_boolean()) return member->get<bool>() ? Noarch::generic : Noarch::none;
  if (!member->is_string()) file.fail("has a `noarch` that is neither text nor true or false");
  return noarch_named(member->get<std::string>(), file);
}

void read_index(const std::string& text, const std::string& package, Manifest& manifest,
                std::optional<Noarch>& noarch) {
  const InfoFile file{.text = text, .package = package, .name = "info/index.json"};
  const json index = parse_object(file);
  manifest.name = file_name_part(index, "name", file);
  manifest.version = file_name_part(index, "version", file);
  manifest.build = file_name_part(index, "build", file);
  noarch = noarch_of(index, file);
  manifest.python_site_packages_path = text_member(index, "python_site_packages_path", file).value_or("");
  if (!manifest.python_site_packages_path.empty() && !is_safe_relative_path(manifest.python_site_packages_path)) {
    file.fail("has a `python_site_packages_path` that leaves the prefix",
              {"have " + show(manifest.python_site_packages_path)});
  }
}

std::vector<EntryPoint> entry_points_of(const json& noarch, const InfoFile& file) {
  const auto list = noarch.find("entry_points");
  if (list == noarch.end() || list->is_null()) return {};
  if (!list->is_array()) file.fail("has `entry_points` that are no list");
  if (list->size() > kMaxEntryPoints) file.fail("has too many entry points");
  std::vector<EntryPoint> entry_points;
  for (const json& item : *list) {
    if (!item.is_string()) file.fail("has an entry point that is no text");
    entry_points.push_back(parse_entry_point_of(file.package, item.get<std::string>()));
  }
  return entry_points;
}

void read_link(const std::string& text, const std::string& package, Manifest& manifest, std::optional<Noarch>& noarch) {
  const InfoFile file{.text = text, .package = package, .name = "info/link.json"};
  const json link = parse_object(file);
  const auto member = link.find("noarch");
  if (member == link.end() || member->is_null()) return;
  if (!member->is_object()) file.fail("has a `noarch` that is no object");
  const std::optional<std::string> type = text_member(*member, "type", file);
  if (!type) file.fail("has a `noarch` without `type`");
  // The index counts where it speaks: packages from before it did say it here alone.
  const Noarch kind = noarch_named(*type, file);
  if (!noarch) noarch = kind;
  if (kind == Noarch::python) manifest.entry_points = entry_points_of(*member, file);
}

void sort_and_check_paths(std::vector<ManifestPath>& paths, const std::string& package) {
  constexpr std::string_view kWhere = "the list of files";
  for (const ManifestPath& path : paths) {
    if (!is_safe_relative_path(path.path)) {
      throw_package_invalid(package, kWhere, "has a path that leaves the prefix or cannot be a file's",
                            {"the path is " + show(path.path)});
    }
    if (path.path.starts_with("conda-meta/") && path.path != "conda-meta/pinned") {
      throw_package_invalid(package, kWhere, "has a path among the environment's own records",
                            {"the path is " + show(path.path)});
    }
  }
  std::sort(paths.begin(), paths.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  const auto twin = std::adjacent_find(paths.begin(), paths.end(), [](auto& a, auto& b) { return a.path == b.path; });
  if (twin != paths.end()) {
    throw_package_invalid(package, kWhere, "has a path twice", {"the path is " + show(twin->path)});
  }
}

std::vector<std::string> link_scripts_of(const Manifest& manifest) {
  std::vector<std::string> scripts;
  for (const char* when : {"-post-link.sh", "-pre-link.sh", "-pre-unlink.sh"}) {
    const std::string script = "bin/." + manifest.name + when;
    const auto is_script = [&script, &manifest](const ManifestPath& path) {
      if (path.path == script) return true;
      return manifest.noarch == Noarch::python && path.path.starts_with(kScripts) &&
             "bin/" + path.path.substr(kScripts.size()) == script;
    };
    if (std::any_of(manifest.paths.begin(), manifest.paths.end(), is_script)) scripts.push_back(script);
  }
  return scripts;
}

}  // namespace

Manifest parse_manifest(const std::map<std::string, std::string>& info, const std::string& package) {
  Manifest manifest;
  std::optional<Noarch> noarch;
  const auto index = info.find("index.json");
  if (index == info.end()) throw_package_invalid(package, "info", "has no `index.json`");
  read_index(index->second, package, manifest, noarch);
  const auto link = info.find("link.json");
  if (link != info.end()) read_link(link->second, package, manifest, noarch);
  manifest.noarch = noarch.value_or(Noarch::none);
  if (manifest.noarch != Noarch::python) manifest.entry_points.clear();
  const auto paths = info.find("paths.json");
  manifest.paths = paths != info.end() ? parse_paths_json(paths->second, package) : parse_old_lists(info, package);
  sort_and_check_paths(manifest.paths, package);
  manifest.link_scripts = link_scripts_of(manifest);
  return manifest;
}

}  // namespace envlock::prefix
