#include "lock_file.h"

#include <algorithm>
#include <filesystem>

#include "envlock/core/text.h"

namespace envlock::tools {
namespace {

void check_is_there(const std::string& file) {
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) return;
  throw core::Error({.code = "file-not-found",
                     .what = "there is no lock `" + core::printable(file) + "`",
                     .where = std::nullopt,
                     .why = {},
                     .hints = {file == kDefaultLock ? "make it with `envlock lock`, or name another"
                                                    : "name the lock, or make it with `envlock lock`"}});
}

}  // namespace

lock::Lock read_lock_file(const std::string& file) {
  check_is_there(file);
  return lock::read(file);
}

lock::InstallSet read_install_file(const std::string& file, const std::string& environment, core::Notes& notes) {
  check_is_there(file);
  return lock::read_install_set(file, notes, environment);
}

std::vector<const lock::LockedPlatform*> choose_locked_platforms(const lock::Lock& lock, const std::string& file,
                                                                 const std::vector<std::string>& names) {
  std::vector<std::string> known;
  for (const lock::LockedPlatform& platform : lock.platforms) known.push_back(platform.platform.name);
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::optional<std::string> meant = core::closest_match(name, known);
    throw core::Error(
        {.code = "unknown-platform",
         .what = "`" + core::printable(name) + "` is not a platform of " + core::printable(file),
         .where = std::nullopt,
         .why = {"it locks " + core::join(known, ", ")},
         .hints = meant ? std::vector<std::string>{"did you mean `-p " + *meant + "`?"} : std::vector<std::string>{}});
  }
  std::vector<const lock::LockedPlatform*> chosen;
  for (const lock::LockedPlatform& platform : lock.platforms) {
    if (names.empty() || std::find(names.begin(), names.end(), platform.platform.name) != names.end()) {
      chosen.push_back(&platform);
    }
  }
  return chosen;
}

}  // namespace envlock::tools
