#include "lock_like.h"

#include <filesystem>
#include <optional>
#include <set>
#include <system_error>

#include "envlock/prefix/conda_meta.h"
#include "envlock/prefix/package_root.h"
#include "envlock/prefix/wheel.h"

namespace envlock::tools {
namespace {

std::set<std::string> paths_of(const std::vector<prefix::InstalledPackage>& packages) {
  std::set<std::string> paths;
  for (const prefix::InstalledPackage& package : packages) {
    for (const prefix::InstalledPath& each : package.paths) paths.insert(each.path);
  }
  return paths;
}

/// What conda brings is its packages' affair; what came from a folder, a repository or a URL is pinned by its line.
void add_distributions(const std::string& prefix, const std::vector<prefix::InstalledPackage>& packages,
                       std::vector<lock::Preference>& picks) {
  const std::optional<prefix::Python> python = prefix::python_of(packages);
  if (!python) return;
  const std::set<std::string> of_conda = paths_of(packages);
  const std::string platform = picks.empty() ? std::string() : picks.front().platform;
  for (const prefix::Distribution& each : prefix::read_distributions(prefix, python->site_packages)) {
    if (each.installer == "conda" || each.editable || !each.direct_url.empty()) continue;
    if (of_conda.contains(each.folder + "/METADATA") || of_conda.contains(each.folder + "/PKG-INFO")) continue;
    if (auto pick = lock::pypi_preference(each.name, each.version, platform)) picks.push_back(std::move(*pick));
  }
}

}  // namespace

std::vector<lock::Preference> read_like(const std::string& source, core::Notes& notes) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(source, ignored)) return lock::read_preferences(source, notes);
  prefix::InstalledPackages installed = prefix::read_conda_meta(source);
  for (core::Diagnostic& broken : installed.broken) notes.warning(std::move(broken));
  std::vector<conda::PackageRecord> records;
  for (const prefix::InstalledPackage& package : installed.packages) records.push_back(package.record);
  std::vector<lock::Preference> picks = lock::preferences_of(records);
  add_distributions(source, installed.packages, picks);
  return picks;
}

}  // namespace envlock::tools
