#include "records.h"

#include <fcntl.h>

#include <algorithm>
#include <set>

#include "installed_wheels.h"

namespace envlock::prefix {
namespace {

InstalledPackage installed_of(const WantedPackage& package) {
  InstalledPackage installed;
  installed.record = package.record;
  installed.requested_specs = package.requested_specs;
  return installed;
}

std::vector<InstalledPackage> without_paths(const std::vector<InstalledPackage>& packages) {
  std::vector<InstalledPackage> bare;
  for (const InstalledPackage& package : packages) {
    InstalledPackage one;
    one.record = package.record;
    one.requested_specs = package.requested_specs;
    bare.push_back(std::move(one));
  }
  return bare;
}

/// A history that is all ours is written anew, so that it says the same however the environment came about. What
/// another tool wrote is kept, and continued.
std::string history_of(const std::string& before, const InstalledPackages& installed, const Target& target,
                       const Difference& difference) {
  const std::vector<InstalledPackage> old_packages = without_paths(installed.packages);
  if (before.empty() || before == format_history(old_packages)) {
    std::vector<InstalledPackage> all;
    for (const WantedPackage& package : target.packages) all.push_back(installed_of(package));
    return format_history(all);
  }
  std::vector<InstalledPackage> added;
  for (const WantedPackage& package : difference.to_link) added.push_back(installed_of(package));
  return append_history(before, without_paths(difference.to_remove), added);
}

}  // namespace

std::int64_t time_of(const Target& target) {
  std::int64_t newest = kOldestSeconds;
  for (const WantedPackage& package : target.packages) newest = std::max(newest, time_of(package.record));
  return newest;
}

std::optional<std::string> read_in_prefix(Cursor& cursor, const std::string& path) {
  const int folder = cursor.folder_of(path);
  if (folder < 0) return std::nullopt;
  const Descriptor file(openat(folder, Cursor::name_of(path).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return read_all(file.get());
}

Records plan_records(const PrefixFolder& prefix, const InstalledPackages& installed, const Target& target,
                     const Difference& difference, std::int64_t time_seconds) {
  Records records;
  Cursor cursor(prefix);
  const auto add = [&](const std::string& name, std::string bytes) {
    const std::string path = "conda-meta/" + name;
    // An install that changes nothing writes nothing.
    if (difference.changes.empty() && read_in_prefix(cursor, path).value_or("") == bytes) return;
    if (!bytes.empty()) {
      records.files.push_back({.path = path,
                               .source = FileSource::bytes,
                               .rank = kNone,
                               .bytes = std::move(bytes),
                               .time_seconds = time_seconds});
    } else if (cursor.status(path)) {
      records.leaving.push_back(path);
    }
  };
  const std::string history = read_in_prefix(cursor, "conda-meta/history").value_or("");
  add("history", history_of(history, installed, target, difference));
  add("state", merge_state(read_in_prefix(cursor, "conda-meta/state").value_or(""), target.variables));
  add("envlock.lock", target.lock_bytes);
  add("envlock-wheels", format_wheel_list(target.wheels));
  return records;
}

}  // namespace envlock::prefix
