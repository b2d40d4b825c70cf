// Which packages of a prefix are not those of the target. Besides those that differ themselves, two kinds must be
// linked anew although they did not change: noarch python packages when the python moves its site-packages, and
// packages that lost a path to one that leaves now, for that path becomes theirs.

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "envlock/core/url.h"
#include "envlock/prefix/transaction.h"

namespace envlock::prefix {
namespace {

std::string channel_of(const conda::PackageRecord& record) {
  std::string channel = core::strip_credentials(record.channel);
  while (channel.size() > 1 && channel.back() == '/') channel.pop_back();
  return channel;
}

/// A folder has many names, seen from here and from there: of its files the hashes decide.
bool is_same_channel(const conda::PackageRecord& have, const conda::PackageRecord& want) {
  const std::string before = channel_of(have), after = channel_of(want);
  const auto is_folder = [](const std::string& channel) {
    return !core::looks_like_url(channel) || channel.starts_with("file:");
  };
  return before == after || (is_folder(before) && is_folder(after) && have.sha256 && have.sha256 == want.sha256);
}

bool is_same_file(const conda::PackageRecord& have, const conda::PackageRecord& want) {
  if (have.file_name != want.file_name || have.subdir != want.subdir || !is_same_channel(have, want)) return false;
  if (have.sha256 && want.sha256) return *have.sha256 == *want.sha256;
  return have.md5 && want.md5 && *have.md5 == *want.md5;
}

std::optional<Python> python_in(const conda::PackageRecord& record) {
  if (record.name != "python") return std::nullopt;
  return python_of(record.version, record.python_site_packages_path);
}

/// The paths that leave with the packages named in `leaving`.
std::unordered_set<std::string_view> paths_of(const InstalledPackages& installed,
                                              const std::set<std::string>& leaving) {
  std::unordered_set<std::string_view> paths;
  for (const InstalledPackage& package : installed.packages) {
    if (!leaving.contains(package.record.name)) continue;
    for (const InstalledPath& path : package.paths) paths.insert(path.path);
  }
  return paths;
}

bool shares_path(const InstalledPackage& package, const std::unordered_set<std::string_view>& paths) {
  return std::any_of(package.paths.begin(), package.paths.end(), [&](const InstalledPath& path) {
    return path.type != InstalledType::directory && paths.contains(path.path);
  });
}

/// Makes `changed` larger until no package outside of it must be linked anew.
void add_dependents(const InstalledPackages& installed, const std::map<std::string, const WantedPackage*>& wanted,
                    std::set<std::string>& changed) {
  std::optional<Python> before, after;
  for (const InstalledPackage& package : installed.packages) {
    if (const auto python = python_in(package.record)) before = python;
  }
  if (const auto python = wanted.find("python"); python != wanted.end()) after = python_in(python->second->record);
  const bool python_moves = before != after;
  std::size_t size = 0;
  do {
    size = changed.size();
    const std::unordered_set<std::string_view> leaving = paths_of(installed, changed);
    for (const InstalledPackage& package : installed.packages) {
      const std::string& name = package.record.name;
      if (changed.contains(name)) continue;
      if ((python_moves && package.record.noarch == "python") || shares_path(package, leaving)) changed.insert(name);
    }
  } while (changed.size() != size);
}

}  // namespace

Difference compare(const InstalledPackages& installed, const Target& target, const std::vector<std::string>& relink) {
  std::map<std::string, const WantedPackage*> wanted;
  for (const WantedPackage& package : target.packages) wanted.emplace(package.record.name, &package);
  std::map<std::string, std::vector<const InstalledPackage*>> have;
  for (const InstalledPackage& package : installed.packages) have[package.record.name].push_back(&package);

  // Two files of one name, as a broken tool may leave them, are never "the same".
  std::set<std::string> changed(relink.begin(), relink.end());
  for (const auto& [name, packages] : have) {
    const auto want = wanted.find(name);
    if (want == wanted.end() || packages.size() != 1 || !is_same_file(packages.front()->record, want->second->record)) {
      changed.insert(name);
    }
  }
  add_dependents(installed, wanted, changed);

  Difference difference;
  for (const InstalledPackage& package : installed.packages) {
    if (changed.contains(package.record.name)) difference.to_remove.push_back(package);
  }
  for (const auto& [name, package] : wanted) {
    if (have.contains(name) && !changed.contains(name)) {
      ++difference.unchanged;
    } else {
      difference.to_link.push_back(*package);
    }
  }
  for (const InstalledPackage& package : difference.to_remove) {
    if (!wanted.contains(package.record.name)) {
      difference.changes.push_back({package.record.name, package.record, std::nullopt});
    }
  }
  for (const WantedPackage& package : difference.to_link) {
    const auto before = have.find(package.record.name);
    std::optional<conda::PackageRecord> from;
    if (before != have.end()) from = before->second.front()->record;
    difference.changes.push_back({package.record.name, from, package.record});
  }
  std::stable_sort(difference.changes.begin(), difference.changes.end(),
                   [](const Change& left, const Change& right) { return left.name < right.name; });
  return difference;
}

}  // namespace envlock::prefix
