#pragma once

#include <string>
#include <vector>

#include "envlock/lock/install_set.h"
#include "envlock/lock/lock.h"

namespace envlock::tools {

/// The default of every command that reads a lock.
inline constexpr const char* kDefaultLock = "envlock.lock";

/// Reads a lock named on the command line.
/// Throws: core::Error; without the file, one that says how to make it.
lock::Lock read_lock_file(const std::string& file);

/// The same for a lock of any format, as something to install. `environment`: of a pixi.lock; "": its default.
lock::InstallSet read_install_file(const std::string& file, const std::string& environment, core::Notes& notes);

/// Those platforms of the lock that `names` asks for, in the lock's order; all when it asks for none.
/// Throws: core::Error "unknown-platform" with the nearest name.
std::vector<const lock::LockedPlatform*> choose_locked_platforms(const lock::Lock& lock, const std::string& file,
                                                                 const std::vector<std::string>& names);

}  // namespace envlock::tools
