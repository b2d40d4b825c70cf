#include <algorithm>
#include <map>
#include <set>
#include <system_error>
#include <tuple>

#include "environment_values.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/prefix/package_root.h"
#include "envlock/prefix/wheel.h"
#include "envlock/snapshot/roots.h"
#include "envlock/snapshot/snapshot.h"
#include "found_libraries.h"

namespace envlock::snapshot {
namespace {

namespace fs = std::filesystem;

/// The python's folder for modules, relative to the prefix; "" without a python.
std::string site_packages_of(const fs::path& prefix, const std::vector<prefix::InstalledPackage>& packages) {
  try {
    if (const auto python = prefix::python_of(packages)) return python->site_packages;
  } catch (const core::Error&) {
    // A record with a version that is none; the folder may still be there.
  }
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator entry(prefix / "lib", error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const std::string folder = "lib/" + name + "/site-packages";
    std::error_code ignored;
    if (name.starts_with("python3.") && fs::is_directory(prefix / folder, ignored)) found.push_back(folder);
  }
  return found.empty() ? std::string() : *std::min_element(found.begin(), found.end());
}

/// Distributions that came by pip or the like: no conda package has a file in their folder.
std::vector<prefix::Distribution> foreign_distributions(const fs::path& prefix, const std::string& site_packages,
                                                        const std::vector<prefix::InstalledPackage>& packages) {
  if (site_packages.empty()) return {};
  std::vector<prefix::Distribution> all = prefix::read_distributions(prefix, site_packages);
  std::set<std::string_view> folders;
  for (const prefix::Distribution& distribution : all) folders.insert(distribution.folder);
  std::set<std::string_view> owned;
  for (const prefix::InstalledPackage& package : packages) {
    for (const prefix::InstalledPath& path : package.paths) {
      std::string_view folder = path.path;
      if (folders.count(folder) > 0) owned.insert(folder);  // an .egg-info may be a file
      folder = folder.substr(0, folder.rfind('/'));
      if (folders.count(folder) > 0) owned.insert(*folders.find(folder));
    }
  }
  std::erase_if(all, [&](const prefix::Distribution& distribution) { return owned.count(distribution.folder) > 0; });
  return all;
}

/// Where a package came from, without secrets; a place on somebody's disk is only "local".
std::string public_origin(const std::string& url) {
  const bool is_folder = url.starts_with('/') || url.starts_with('.') || url.starts_with('~') ||
                         url.find("file:/") != std::string::npos || url.find('\\') != std::string::npos;
  if (is_folder) return "local";
  std::string origin = core::strip_credentials(url);
  if (auto parts = core::parse_url(origin)) {
    const std::vector<std::string> own = private_names().names;
    const bool is_address =
        parts->host.starts_with('[') || parts->host.find_first_not_of("0123456789.") == std::string::npos;
    if (is_address || std::find(own.begin(), own.end(), parts->host) != own.end()) parts->host = "***";
    parts->query.clear();
    origin = core::format(*parts);
  }
  return core::printable(origin);
}

SnapshotPackage package_of(const prefix::InstalledPackage& installed) {
  const conda::PackageRecord& record = installed.record;
  SnapshotPackage package;
  package.name = record.name;
  package.version = record.version;
  package.build = record.build;
  package.channel = public_origin(record.channel);
  package.subdir = record.subdir;
  package.file_name = record.file_name;
  package.sha256 = record.sha256;
  package.md5 = record.md5;
  for (const std::string& depend : record.depends) package.depends.push_back(core::without_secrets(depend));
  package.requested = !installed.requested_specs.empty();
  return package;
}

SnapshotPackage package_of(const prefix::Distribution& distribution) {
  SnapshotPackage package;
  package.kind = SnapshotPackage::Kind::pypi;
  package.name = core::printable(distribution.name);
  package.version = core::printable(distribution.version);
  package.channel = public_origin(distribution.direct_url);
  package.commit = core::printable(distribution.direct_commit);
  package.sha256 = distribution.direct_sha256;
  package.editable = distribution.editable;
  return package;
}

/// The subdir that most packages have; those of "noarch" say nothing.
std::string subdir_of(const std::vector<prefix::InstalledPackage>& packages) {
  std::map<std::string, std::size_t> counts;
  for (const prefix::InstalledPackage& package : packages) {
    if (conda::is_known_subdir(package.record.subdir)) ++counts[package.record.subdir];
  }
  const auto most =
      std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == counts.end() ? std::string(conda::native_subdir()) : most->first;
}

void tell_missing(const prefix::InstalledPackage& package, const std::vector<std::string>& missing,
                  core::Notes& notes) {
  constexpr std::size_t kMostNamed = 3;
  core::Diagnostic diagnostic{.code = "package-files-missing",
                              .what = "`" + core::printable(package.record.name) + "` lacks " +
                                      std::to_string(missing.size()) + " of its files",
                              .where = {},
                              .why = {},
                              .hints = {"`envlock verify` tells what else differs"}};
  for (std::size_t i = 0; i < std::min(missing.size(), kMostNamed); ++i) {
    diagnostic.why.push_back("`" + core::printable(missing[i]) + "` is not there");
  }
  if (missing.size() > kMostNamed) {
    diagnostic.why.push_back("and " + std::to_string(missing.size() - kMostNamed) + " more");
  }
  notes.warning(std::move(diagnostic));
}

void tell_giants(const prefix::InstalledPackage& package, const std::vector<std::string>& giants, core::Notes& notes) {
  core::Diagnostic diagnostic{.code = "package-files-too-large",
                              .what = "`" + core::printable(package.record.name) +
                                      "` has files far larger than its records say, which are not read",
                              .where = {},
                              .why = {},
                              .hints = {"`envlock verify` tells what else differs"}};
  for (const std::string& giant : giants) diagnostic.why.push_back("`" + core::printable(giant) + "`");
  constexpr std::size_t kMostNamed = 3;
  if (giants.size() > kMostNamed) {
    diagnostic.why.resize(kMostNamed);
    diagnostic.why.push_back("and " + std::to_string(giants.size() - kMostNamed) + " more");
  }
  notes.warning(std::move(diagnostic));
}

void add_roots(const fs::path& prefix, const std::vector<prefix::InstalledPackage>& packages,
               const std::vector<prefix::Distribution>& distributions, std::vector<SnapshotPackage>& all,
               core::Progress& progress, core::Notes& notes) {
  const std::uint64_t total = all.size();
  const int task = progress.start("hashing packages", total, core::Progress::Unit::steps);
  const std::vector<prefix::PackageRoot> roots = prefix::package_roots(prefix, packages);
  progress.update(task, roots.size(), total);
  for (std::size_t i = 0; i < roots.size(); ++i) {
    all[i].root = roots[i].root;
    if (!roots[i].missing.empty()) tell_missing(packages[i], roots[i].missing, notes);
    if (!roots[i].giants.empty()) tell_giants(packages[i], roots[i].giants, notes);
  }
  const std::vector<std::optional<core::Sha256>> others = distribution_roots(prefix, distributions);
  for (std::size_t i = 0; i < others.size(); ++i) all[roots.size() + i].root = others[i];
  progress.update(task, total, total);
  progress.finish(task);
}

std::map<std::string, std::string> variables_of(const fs::path& prefix, core::Notes& notes) {
  PrivateNames names = private_names();
  names.prefix = prefix.string();
  std::map<std::string, std::string> variables;
  try {
    for (const auto& [name, value] : prefix::read_variables(prefix)) {
      variables[core::printable(name)] = public_value(name, value, names);
    }
  } catch (const core::Error& error) {
    for (const core::Diagnostic& diagnostic : error.diagnostics()) notes.warning(diagnostic);
  }
  return variables;
}

std::optional<core::Sha256> lock_of(const fs::path& prefix) {
  const fs::path lock = prefix / "conda-meta/envlock.lock";
  std::error_code ignored;
  constexpr std::uint64_t kLargestLock = std::uint64_t{256} << 20;
  if (!fs::is_regular_file(lock, ignored) || fs::file_size(lock, ignored) > kLargestLock) return std::nullopt;
  return core::sha256(core::read_file(lock));
}

}  // namespace

Environment capture_environment(const fs::path& prefix, Roots roots, core::Progress& progress, core::Notes& notes) {
  const prefix::InstalledPackages installed = prefix::read_conda_meta(prefix);
  for (const core::Diagnostic& broken : installed.broken) notes.warning(broken);
  const std::string site_packages = site_packages_of(prefix, installed.packages);
  const std::vector<prefix::Distribution> distributions =
      foreign_distributions(prefix, site_packages, installed.packages);

  Environment environment;
  environment.subdir = subdir_of(installed.packages);
  for (const prefix::InstalledPackage& package : installed.packages)
    environment.packages.push_back(package_of(package));
  for (const prefix::Distribution& distribution : distributions)
    environment.packages.push_back(package_of(distribution));
  if (roots == Roots::compute) {
    add_roots(prefix, installed.packages, distributions, environment.packages, progress, notes);
  }
  std::stable_sort(environment.packages.begin(), environment.packages.end(), [](const auto& a, const auto& b) {
    return std::tie(a.kind, a.name, a.version, a.build) < std::tie(b.kind, b.name, b.version, b.build);
  });
  if (roots == Roots::compute) environment.root = environment_root(environment.packages);
  environment.variables = variables_of(prefix, notes);
  environment.libraries = find_libraries(prefix, site_packages, installed.packages, distributions);
  environment.lock = lock_of(prefix);
  return environment;
}

}  // namespace envlock::snapshot
