#include "provided_check.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "envlock/core/text.h"
#include "envlock/lock/pip.h"
#include "envlock/prefix/conda_meta.h"
#include "envlock/prefix/layout.h"
#include "envlock/prefix/wheel.h"
#include "envlock/pypi/version.h"

namespace envlock::tools {
namespace {

/// Which conda package owns what lies in site-packages: by the folder or file right in it.
std::map<std::string, std::string> owners_in(const std::string& site_packages, const prefix::InstalledPackages& all) {
  std::map<std::string, std::string> owners;
  for (const prefix::InstalledPackage& package : all.packages) {
    for (const prefix::InstalledPath& path : package.paths) {
      if (!path.path.starts_with(site_packages + "/")) continue;
      owners.emplace(path.path.substr(0, path.path.find('/', site_packages.size() + 1)), package.record.name);
    }
  }
  return owners;
}

/// conda's version has no local label, and a build of its own may have one.
bool is_same_version(const std::string& locked, const std::string& found) {
  const auto left = pypi::Version::try_parse(locked), right = pypi::Version::try_parse(found);
  return !left || !right || pypi::Version::parse(left->format_public()) == pypi::Version::parse(right->format_public());
}

std::string listed(const std::vector<const prefix::Distribution*>& distributions) {
  std::vector<std::string> names;
  for (const prefix::Distribution* each : distributions) {
    names.push_back("`" + core::printable(each->name + " " + each->version, 80) + "`");
  }
  return names.empty() ? "no distribution of Python" : core::join(names, ", ");
}

/// `other_names`: not only another version.
core::Diagnostic differs(const std::string& conda_name, const std::string& taken_for, bool other_names,
                         const std::vector<const prefix::Distribution*>& found) {
  core::Diagnostic diagnostic{
      .code = "conda-distribution-differs",
      .what = "conda's `" + core::printable(conda_name) + "` does not bring what the `pip:` part was locked for",
      .why = {"the lock takes it for " + taken_for, "it brings " + listed(found)}};
  if (!other_names) return diagnostic;
  std::vector<std::string> names;
  for (const prefix::Distribution* each : found) names.push_back("\"" + core::printable(each->name, 80) + "\"");
  diagnostic.hints = {"write `" + core::printable(conda_name) + " = [" + core::join(names, ", ") +
                      "]` under [pypi.mapping] of envlock.toml, and lock again"};
  return diagnostic;
}

class ProvidedCheck {
 public:
  ProvidedCheck(const LockTarget& lock, const std::vector<prefix::Distribution>& distributions,
                const std::map<std::string, std::string>& owners)
      : lock_(lock) {
    for (const prefix::Distribution& each : distributions) {
      const auto owner = owners.find(each.folder);
      if (owner != owners.end()) brought_[owner->second].push_back(&each);
    }
  }

  void run(core::Notes& notes) {
    std::vector<conda::PackageRecord> records;
    for (const lock::InstallPackage& package : lock_.platform.packages) records.push_back(package.record);
    std::map<std::string, std::vector<lock::ProvidedDistribution>> facts;
    for (lock::ProvidedDistribution& fact : lock::provided_distributions(records, lock_.set.pip->options.mapping)) {
      facts[fact.conda_name].push_back(std::move(fact));
    }
    for (const conda::PackageRecord& record : records) compare(record.name, facts[record.name], notes);
  }

 private:
  bool is_spoken_of(const std::string& name) const {
    const std::vector<std::string>& names = lock_.platform.pip_names;
    return std::binary_search(names.begin(), names.end(), name);
  }

  void compare(const std::string& conda_name, const std::vector<lock::ProvidedDistribution>& facts,
               core::Notes& notes) {
    const std::vector<const prefix::Distribution*>& found = brought_[conda_name];
    std::vector<std::string> taken_for;
    bool is_wrong = false, other_names = false;
    for (const lock::ProvidedDistribution& fact : facts) {
      taken_for.push_back("`" + core::printable(fact.name + " " + fact.version, 80) + "`");
      const bool right = std::any_of(found.begin(), found.end(), [&](const prefix::Distribution* each) {
        return each->name == fact.name && is_same_version(fact.version, each->version);
      });
      is_wrong = is_wrong || (!right && is_spoken_of(fact.name));
      other_names = other_names ||
                    std::none_of(found.begin(), found.end(), [&](const auto* each) { return each->name == fact.name; });
    }
    for (const prefix::Distribution* each : found) {
      const bool known =
          std::any_of(facts.begin(), facts.end(), [&](const auto& fact) { return fact.name == each->name; });
      is_wrong = is_wrong || (!known && is_spoken_of(each->name));
      other_names = other_names || !known;
    }
    if (!is_wrong) return;
    notes.warning(differs(conda_name, taken_for.empty() ? "no distribution of Python" : core::join(taken_for, ", "),
                          other_names, found));
  }

  const LockTarget& lock_;
  std::map<std::string, std::vector<const prefix::Distribution*>> brought_;
};

}  // namespace

void check_provided(const std::filesystem::path& prefix, const LockTarget& lock, core::Notes& notes) {
  if (!lock.set.pip) return;
  const auto python = std::find_if(lock.platform.packages.begin(), lock.platform.packages.end(),
                                   [](const lock::InstallPackage& each) { return each.record.name == "python"; });
  if (python == lock.platform.packages.end()) return;
  const std::string site =
      prefix::python_of(python->record.version, python->record.python_site_packages_path).site_packages;
  const std::vector<prefix::Distribution> distributions = prefix::read_distributions(prefix, site);
  ProvidedCheck(lock, distributions, owners_in(site, prefix::read_conda_meta(prefix))).run(notes);
}

}  // namespace envlock::tools
