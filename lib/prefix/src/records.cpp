#include "records.h"

#include <fcntl.h>

#include <algorithm>
#include <utility>

#include "conda_meta_history.h"
#include "envlock/core/text.h"
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

/// What lies in the place of one of these files.
struct Found {
  bool is_there = false;
  std::string text;   ///< "" also when it is broken
  std::string fault;  ///< why it cannot be understood; "" when it can
};

Found look(Cursor& cursor, const std::string& path) {
  const std::optional<struct stat> status = cursor.status(path);
  if (!status) return {};
  Found found{.is_there = true, .text = "", .fault = ""};
  if (!S_ISREG(status->st_mode)) {
    found.fault = S_ISDIR(status->st_mode) ? "it is a folder" : "it is not a file";
  } else if (std::optional<std::string> text = read_in_prefix(cursor, path)) {
    found.text = std::move(*text);
  } else {
    found.fault = "it cannot be read";
  }
  return found;
}

class Planner {
 public:
  Planner(const PrefixFolder& prefix, const InstalledPackages& installed, const Target& target,
          const Difference& difference)
      : cursor_(prefix), installed_(installed), target_(target), difference_(difference) {}

  Records run(std::string scripts) {
    add_history();
    add_state();
    add("envlock.lock", look(cursor_, "conda-meta/envlock.lock"), target_.lock_bytes);
    add("envlock-wheels", look(cursor_, "conda-meta/envlock-wheels"), format_wheel_list(target_.wheels));
    add("envlock-scripts", look(cursor_, "conda-meta/envlock-scripts"), std::move(scripts));
    return std::move(records_);
  }

 private:
  void add_history() {
    Found found = look(cursor_, "conda-meta/history");
    if (const auto fault = history_fault(found.text)) found = {.is_there = true, .text = "", .fault = *fault};
    // Without it other tools take the folder for none of theirs.
    if (!found.is_there && !installed_.packages.empty()) {
      records_.mended.push_back(
          {.code = "conda-meta-mended", .what = "`conda-meta/history` was not there, and was written anew"});
    }
    add("history", found, history_of(found.text, installed_, target_, difference_));
  }

  void add_state() {
    Found found = look(cursor_, "conda-meta/state");
    std::string text;
    try {
      text = merge_state(found.text, target_.variables);
    } catch (const core::Error& error) {
      found = {.is_there = true, .text = "", .fault = error.diagnostics().front().why.front()};
      text = merge_state("", target_.variables);
    }
    add("state", found, std::move(text));
  }

  void add(const std::string& name, const Found& found, std::string bytes) {
    const std::string path = "conda-meta/" + name;
    if (!found.fault.empty()) {
      records_.broken.push_back(path);
      records_.mended.push_back(
          {.code = "conda-meta-mended",
           .what = "`" + path + "` could not be understood, and was " + (bytes.empty() ? "put aside" : "written anew"),
           .why = {core::printable(found.fault)}});
    } else if (difference_.changes.empty() && found.text == bytes) {
      return;  // an install that changes nothing writes nothing
    }
    if (!bytes.empty()) {
      records_.files.push_back({.path = path,
                                .source = FileSource::bytes,
                                .rank = kNone,
                                .bytes = std::move(bytes),
                                .time_seconds = time_of(target_)});
    } else if (found.is_there && found.fault.empty()) {
      records_.leaving.push_back(path);
    }
  }

  Cursor cursor_;
  const InstalledPackages& installed_;
  const Target& target_;
  const Difference& difference_;
  Records records_;
};

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
                     const Difference& difference, std::string scripts) {
  return Planner(prefix, installed, target, difference).run(std::move(scripts));
}

}  // namespace envlock::prefix
