#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/conda/package_record.h"
#include "envlock/conda/platform.h"
#include "envlock/core/diagnostic.h"
#include "envlock/lock/lock.h"

namespace envlock::lock {

/// A PyPI artifact of a lock.
struct LockedWheel {
  std::string name;  ///< normalized (PEP 503)
  std::string version;
  std::string url;  ///< may hold credentials: show it through without_secrets
  std::optional<core::Sha256> sha256;
  std::vector<std::string> categories;

  bool operator==(const LockedWheel&) const = default;
};

/// What one platform of a lock asks to be installed.
struct InstallPackage {
  conda::PackageRecord record;  ///< with as much as the format holds; sha256 or md5 are there
  std::string url;              ///< where a format gives whole URLs; "" for envlock.lock (channel, subdir, file name)
  std::vector<std::string> categories;  ///< sorted; {"main"} where the format has none
  std::vector<std::string> requested_specs;

  bool operator==(const InstallPackage&) const = default;
};
struct InstallPlatform {
  conda::Platform platform;              ///< virtual packages are empty where the format has none
  std::vector<InstallPackage> packages;  ///< sorted by name
  std::vector<LockedWheel> wheels;       ///< sorted by name
};

enum class LockFormat { envlock, explicit_urls, conda_lock, pixi };

/// A lock of any format as something to install or to hold a prefix against.
struct InstallSet {
  LockFormat format = LockFormat::envlock;
  std::string bytes;                       ///< of the file
  std::vector<InstallPlatform> platforms;  ///< sorted by name
  std::map<std::string, std::string> variables;
};

/// Reads an envlock.lock, an @EXPLICIT file (CEP 23), a conda-lock.yml (CEP 37) or a pixi.lock v4 to v7 (told apart by
/// content). The platform of an @EXPLICIT file is that of its URLs, or of its "# platform:" line. `folder`: where
/// relative channels and paths start (the lock's own folder).
/// Throws: core::Error "lock-..." with positions; "hash-missing" for entries without any hash (all of them at once);
/// "lock-unknown-format".
InstallSet parse_install_set(std::string_view text, const std::string& file, const std::filesystem::path& folder,
                             core::Notes& notes);
InstallSet read_install_set(const std::filesystem::path& file, core::Notes& notes);

/// The platform of the set for a machine with these virtual packages: of its subdir; all its virtual packages hold; the
/// most specific (whose virtual packages demand most) wins.
/// Throws: core::Error "no-platform-fits" (names for each platform what the machine lacks, with both values),
/// "platform-tie" (names both and `-p`).
const InstallPlatform& choose_platform(const InstallSet& set, std::string_view subdir,
                                       const std::vector<conda::VirtualPackage>& machine, const std::string& file);

/// What records demand of the machine and the machine does not have: `__cuda >=12.4` of `pytorch 2.5` with
/// `__cuda 12.2`. One diagnostic "machine-lacks" for each virtual package, naming the packages which need it (the first
/// few, then how many more), what is needed and what is there.
std::vector<core::Diagnostic> unmet_machine_needs(const std::vector<conda::PackageRecord>& records,
                                                  const std::vector<conda::VirtualPackage>& machine);

/// Those of the platform's packages that one of the categories reaches; all when `categories` is empty.
/// Throws: core::Error "unknown-category" with those there are.
InstallPlatform only_categories(const InstallPlatform& platform, const std::vector<std::string>& categories);

}  // namespace envlock::lock
