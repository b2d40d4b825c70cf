#include "package_set.h"

#include <algorithm>
#include <map>
#include <string>

#include "envlock/core/url.h"

namespace envlock::verify {
namespace {

std::string title(const conda::PackageRecord& record) {
  return core::printable(record.name) + " " + core::printable(record.version) + " " + core::printable(record.build);
}

Finding finding(const std::string& package, core::Diagnostic diagnostic, Weight weight = Weight::fault) {
  return {
      .weight = weight, .group = Group::packages, .package = package, .path = {}, .diagnostic = std::move(diagnostic)};
}

/// A channel as far as two tools agree on it: without credentials, subdir and final slash.
std::string comparable_channel(const conda::PackageRecord& record) {
  std::string channel = core::strip_credentials(record.channel);
  while (!channel.empty() && channel.back() == '/') channel.pop_back();
  const std::string subdir = "/" + record.subdir;
  if (!record.subdir.empty() && channel.size() > subdir.size() &&
      channel.compare(channel.size() - subdir.size(), subdir.size(), subdir) == 0) {
    channel.resize(channel.size() - subdir.size());
  }
  return channel;
}

/// Unknown channels, and folders beside a lock, are not told apart: their hashes are.
bool channels_differ(const conda::PackageRecord& want, const conda::PackageRecord& have) {
  const std::string left = comparable_channel(want);
  const std::string right = comparable_channel(have);
  if (left.empty() || right.empty() || left == right) return false;
  const bool left_is_url = core::looks_like_url(left);
  const bool right_is_url = core::looks_like_url(right);
  if (left_is_url && right_is_url) return true;
  if (left_is_url == right_is_url) return false;
  // "conda-forge" is ".../conda-forge".
  const std::string& url = left_is_url ? left : right;
  const std::string& name = left_is_url ? right : left;
  if (name.find('.') != std::string::npos || name.front() == '/') return false;
  const std::string end = "/" + name;
  return url.size() < end.size() || url.compare(url.size() - end.size(), end.size(), end) != 0;
}

void compare_versions(const conda::PackageRecord& want, const prefix::InstalledPackage& have, const Advice& advice,
                      std::vector<Finding>& findings) {
  const bool build_only = want.version == have.record.version;
  findings.push_back(finding(
      want.name, {.code = "package-differs",
                  .what = in_quotes(want.name) + " is installed in another " + (build_only ? "build" : "version"),
                  .where = {},
                  .why = {"want " + title(want),
                          "have " + title(have.record) + ", says conda-meta/" + core::printable(have.meta_file)},
                  .hints = advice.reinstall(want.name)}));
}

template <typename Hash>
bool differ(const std::optional<Hash>& left, const std::optional<Hash>& right) {
  return left && right && *left != *right;
}

void compare_hashes(const conda::PackageRecord& want, const prefix::InstalledPackage& have, const Advice& advice,
                    std::vector<Finding>& findings) {
  const bool other_sha256 = differ(want.sha256, have.record.sha256);
  if (!other_sha256 && !differ(want.md5, have.record.md5)) return;
  const std::string kind = other_sha256 ? "sha256 " : "md5 ";
  const auto hash = [&](const conda::PackageRecord& record) {
    return other_sha256 ? core::format(*record.sha256) : core::format(*record.md5);
  };
  findings.push_back(finding(
      want.name, {.code = "package-hash-differs",
                  .what = in_quotes(want.name) + " was installed from another file than the one expected",
                  .where = {},
                  .why = {"want " + kind + hash(want),
                          "have " + kind + hash(have.record) + ", says conda-meta/" + core::printable(have.meta_file)},
                  .hints = advice.reinstall(want.name)}));
}

void compare_channels(const conda::PackageRecord& want, const prefix::InstalledPackage& have, const Advice& advice,
                      std::vector<Finding>& findings) {
  const bool other_subdir = !want.subdir.empty() && !have.record.subdir.empty() && want.subdir != have.record.subdir;
  if (!other_subdir && !channels_differ(want, have.record)) return;
  const bool same_file = want.sha256 && have.record.sha256 && *want.sha256 == *have.record.sha256;
  const auto place = [](const conda::PackageRecord& record) {
    return core::printable(core::without_secrets(record.channel)) + " " + core::printable(record.subdir);
  };
  std::vector<std::string> why{"want " + place(want), "have " + place(have.record)};
  if (same_file) why.push_back("both have the same SHA-256: a mirror, as it seems");
  findings.push_back(finding(want.name,
                             {.code = "package-channel-differs",
                              .what = in_quotes(want.name) + " was installed from another channel",
                              .where = {},
                              .why = std::move(why),
                              .hints = same_file ? std::vector<std::string>{} : advice.reinstall(want.name)},
                             same_file ? Weight::note : Weight::fault));
}

void say_missing(const conda::PackageRecord& want, const Advice& advice, std::vector<Finding>& findings) {
  findings.push_back(finding(want.name, {.code = "package-not-installed",
                                         .what = title(want) + " is not installed",
                                         .where = {},
                                         .why = {"conda-meta does not name it"},
                                         .hints = advice.reinstall(want.name)}));
}

void say_extra(const prefix::InstalledPackage& have, std::vector<Finding>& findings) {
  findings.push_back(finding(
      have.record.name,
      {.code = "package-extra",
       .what = title(have.record) + " is installed, and is not in the lock",
       .where = {},
       .why = {"conda-meta/" + core::printable(have.meta_file) + " names it"},
       .hints = {"`envlock install` removes it", "to keep it, add it to environment.yml and run `envlock lock`"}}));
}

void say_twice(const prefix::InstalledPackage& first, const prefix::InstalledPackage& second,
               std::vector<Finding>& findings) {
  findings.push_back(
      finding(first.record.name, {.code = "package-twice",
                                  .what = in_quotes(first.record.name) + " is installed twice",
                                  .where = {},
                                  .why = {"conda-meta/" + core::printable(first.meta_file) + " and conda-meta/" +
                                          core::printable(second.meta_file) + " both name it"},
                                  .hints = {"remove the file that is not right, then install the package again"}}));
}

/// True when what conda-meta claims is the expected package, rightly or not.
bool is_claimed(const conda::PackageRecord& want, const prefix::InstalledPackage& have) {
  return want.version == have.record.version && (want.build.empty() || want.build == have.record.build);
}

}  // namespace

std::vector<Subject> match_packages(const Expected* expected, const prefix::InstalledPackages& installed,
                                    const std::set<std::string>& unread, const Advice& advice,
                                    std::vector<Finding>& findings) {
  std::map<std::string, std::vector<const prefix::InstalledPackage*>> claims;
  for (const prefix::InstalledPackage& package : installed.packages) claims[package.record.name].push_back(&package);
  for (const auto& [name, claimed] : claims) {
    for (std::size_t i = 1; i < claimed.size(); ++i) say_twice(*claimed[0], *claimed[i], findings);
  }
  std::vector<Subject> subjects;
  std::map<std::string, const conda::PackageRecord*> wanted;
  if (expected != nullptr) {
    for (const conda::PackageRecord& record : expected->packages) wanted[record.name] = &record;
  }
  for (const auto& [name, claimed] : claims) {
    const auto found = wanted.find(name);
    for (const prefix::InstalledPackage* have : claimed) {
      if (expected == nullptr) {
        subjects.push_back({Role::hold, have->record, have});
      } else if (found == wanted.end()) {
        say_extra(*have, findings);
        subjects.push_back({Role::owner_only, have->record, have});
      } else if (!is_claimed(*found->second, *have)) {
        compare_versions(*found->second, *have, advice, findings);
        subjects.push_back({Role::owner_only, have->record, have});
      } else {
        compare_hashes(*found->second, *have, advice, findings);
        compare_channels(*found->second, *have, advice, findings);
        subjects.push_back({Role::hold, *found->second, have});
      }
    }
  }
  for (const auto& [name, record] : wanted) {
    if (claims.count(name) != 0) continue;
    const bool is_unread = unread.count(prefix::meta_file_name(*record)) != 0;
    if (!is_unread) say_missing(*record, advice, findings);
    subjects.push_back({is_unread ? Role::hold : Role::missing, *record, nullptr});
  }
  std::stable_sort(subjects.begin(), subjects.end(),
                   [](const Subject& left, const Subject& right) { return left.record.name < right.record.name; });
  return subjects;
}

}  // namespace envlock::verify
