#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "envlock/conda/platform.h"
#include "envlock/core/diagnostic.h"
#include "envlock/lock/install_set.h"

namespace CLI {
class App;
}

namespace envlock::tools {

/// Which lock, and which part of it, as given.
struct LockTargetArgs {
  std::string lock;                     ///< "" : envlock.lock
  std::string platform;                 ///< --platform; "": the one that fits this machine
  std::vector<std::string> categories;  ///< --category; empty: all
  bool may_lack = false;                ///< what the machine lacks is for the caller to tell
  std::string environment;              ///< --environment of a pixi.lock; "": its default
};

/// What a lock asks of this machine.
struct LockTarget {
  std::filesystem::path file;
  lock::InstallSet set;
  lock::InstallPlatform platform;  ///< the chosen one, cut to the categories
  std::vector<conda::VirtualPackage> machine;
  /// What the chosen records demand of the machine and it does not have. Not empty only where the user named the
  /// platform, or with `may_lack`.
  std::vector<core::Diagnostic> unmet;
};

/// Reads the lock and chooses the platform whose virtual packages this machine has. A platform that the user names is
/// taken as it is, if it is of this machine's kind.
/// Throws: core::Error "no-platform-fits", "platform-tie", "unknown-platform", "foreign-platform", "machine-lacks" (the
/// chosen records demand what the machine does not have), what reading a lock throws.
LockTarget choose_lock_target(const LockTargetArgs& args, core::Notes& notes);

/// Adds LOCK, the lock as an argument.
void add_lock_argument(CLI::App& command, LockTargetArgs& args, const std::string& description);
/// Adds --platform and --category.
void add_lock_target_options(CLI::App& command, LockTargetArgs& args);

}  // namespace envlock::tools
