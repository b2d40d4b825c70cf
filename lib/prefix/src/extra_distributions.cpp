#include <algorithm>
#include <set>
#include <string>
#include <system_error>

#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/prefix/transaction.h"
#include "wanted_files.h"

namespace envlock::prefix {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxInstallerBytes = 4096;

/// conda packages say "conda". Some say "pip", and so one look at conda-meta is left to the few that do.
bool may_be_extra(const fs::path& folder) {
  const std::string name = folder.filename().string();
  if (!name.ends_with(".dist-info") && !name.ends_with(".egg-info") && !name.ends_with(".egg-link")) return false;
  std::error_code error;
  if (!fs::is_regular_file(folder / "INSTALLER", error)) return true;
  try {
    const std::string text = core::read_file(folder / "INSTALLER", kMaxInstallerBytes);
    return core::trim(text) != "conda" && core::trim(text) != "envlock";
  } catch (const core::Error&) {
    return true;
  }
}

bool any_may_be_extra(const fs::path& site_packages) {
  std::error_code error;
  for (fs::directory_iterator entry(site_packages, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    if (may_be_extra(entry->path())) return true;
  }
  return false;
}

/// The folders or files of distributions that conda packages own.
std::set<std::string> owned_folders(const fs::path& prefix, const std::string& site_packages) {
  std::set<std::string> folders;
  for (const InstalledPackage& package : read_conda_meta(prefix).packages) {
    for (const InstalledPath& path : package.paths) {
      if (!path.path.starts_with(site_packages + "/")) continue;
      folders.insert(path.path.substr(0, path.path.find('/', site_packages.size() + 1)));
    }
  }
  return folders;
}

}  // namespace

std::vector<Distribution> extra_distributions(const fs::path& prefix, const Target& target) {
  const std::optional<Python> python = python_of(target);
  if (!python || !any_may_be_extra(prefix / python->site_packages)) return {};
  std::vector<Distribution> extra = read_distributions(prefix, python->site_packages);
  const std::set<std::string> owned = owned_folders(prefix, python->site_packages);
  std::erase_if(extra, [&owned](const Distribution& distribution) {
    return distribution.installer == "envlock" || owned.contains(distribution.folder);
  });
  return extra;
}

}  // namespace envlock::prefix
