#pragma once

#include <cstdint>
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
  /// To fetch from: a URL, or a path, which may be relative to the lock. May hold credentials: show it through
  /// without_secrets.
  std::string url;
  std::optional<core::Sha256> sha256;
  std::vector<std::string> categories;
  // What only an envlock.lock tells.
  std::string index = {};  ///< the canonical base of the index that has the file; "" none
  std::string file = {};   ///< its name there
  std::optional<std::uint64_t> size = {};
  bool direct = false;  ///< asked for by URL or path (PEP 610)

  bool operator==(const LockedWheel&) const = default;
};

/// What an envlock.lock names without a finished wheel: a folder, a repository, or a source distribution with the wheel
/// that was built of it where the lock was made.
struct LockedSource {
  LockedDistribution distribution;  ///< of the sources `vcs`, `directory` or `built`
  std::string url;                  ///< built: where the source distribution is, as LockedWheel::url
  std::vector<std::string> categories;

  bool operator==(const LockedSource&) const = default;
};

/// What one platform of a lock asks to be installed.
struct InstallPackage {
  conda::PackageRecord record;  ///< with as much as the format holds; sha256 or md5 are there
  /// Where a format gives whole URLs: that, or an absolute path, ready to be fetched; may hold credentials. "" for
  /// envlock.lock (channel, subdir, file name).
  std::string url;
  std::vector<std::string> categories;       ///< sorted; {"main"} where the format has none
  std::vector<std::string> requested_specs;  ///< the lines of environment.yml that ask for it, where the format tells

  bool operator==(const InstallPackage&) const = default;
};
struct InstallPlatform {
  conda::Platform platform;              ///< virtual packages are empty where the format has none
  std::vector<InstallPackage> packages;  ///< sorted by name, one of each
  std::vector<LockedWheel> wheels;       ///< sorted by name, one of each
  std::vector<LockedSource> sources;     ///< sorted by name; no name is in `wheels` too
  /// All distributions that the lines and distributions of the `pip:` section speak of, normalized; sorted.
  std::vector<std::string> pip_names;
  /// Why this platform cannot be installed as it is, although it can be compared: "hash-missing" for entries without
  /// any hash, "lock-source-package" for what another tool's lock leaves to a build (a folder, a repository, an sdist).
  std::vector<core::Diagnostic> obstacles;
};

/// What the `pip:` section of an envlock.lock says of the whole.
struct PipSection {
  PipOptions options;
  std::vector<PipLine> lines;
};

enum class LockFormat { envlock, explicit_urls, conda_lock, pixi };

/// A lock of any format as something to install or to hold a prefix against.
struct InstallSet {
  LockFormat format = LockFormat::envlock;
  std::string bytes;                       ///< of the file
  std::vector<InstallPlatform> platforms;  ///< sorted by name
  std::map<std::string, std::string> variables;
  std::optional<PipSection> pip;  ///< of an envlock.lock with a `pip:` section
};

/// Reads an envlock.lock, an @EXPLICIT file (CEP 23), a conda-lock.yml (CEP 37) or a pixi.lock v4 to v7 (told apart by
/// content).
/// - The platform of an @EXPLICIT file is that of its URLs, or of its "# platform:" line; "noarch" when neither tells.
/// - `folder`: where relative channels and paths start (the lock's own folder). A relative path of an @EXPLICIT file,
///   which conda takes relative to the working directory, is looked for there when the lock's folder lacks it.
/// - `~` and environment variables in URLs are expanded; what is shown or stored (record.channel, record.url) has no
///   credentials, and no variable that sounds like a secret is expanded in it.
/// - `environment`: of a pixi.lock. "": `default`, or the first that is not empty, with a note when there are several.
/// - Name, version, build, subdir and channel come from the URL where the format has none, and must agree with it where
///   it has. A name that stands twice in a platform is a mistake, unless it is the same file in another category.
/// - A conda-lock.yml's categories are carried along its dependencies, as files of older versions name each package
///   in one category only.
/// Throws: core::Error "lock-invalid" (all mistakes at once, with positions), "lock-version", "lock-unknown-format",
/// "lock-environment-unknown".
InstallSet parse_install_set(std::string_view text, const std::string& file, const std::filesystem::path& folder,
                             core::Notes& notes, const std::string& environment = {});
InstallSet read_install_set(const std::filesystem::path& file, core::Notes& notes, const std::string& environment = {});

/// The platform of the set for a machine with these virtual packages: of its subdir (or "noarch"); all its virtual
/// packages hold; the most specific (whose virtual packages demand most) wins. A microarchitecture holds when the
/// machine's is that one or descends from it: `zen4` is an `x86_64_v3`.
/// Throws: core::Error "no-platform-fits" (names for each platform what the machine lacks, with both values),
/// "platform-tie" (names all that are equally specific), and the platform's obstacles.
const InstallPlatform& choose_platform(const InstallSet& set, std::string_view subdir,
                                       const std::vector<conda::VirtualPackage>& machine, const std::string& file);
/// The platform of that name. Throws: core::Error "unknown-platform" with those there are, and its obstacles.
const InstallPlatform& platform_named(const InstallSet& set, std::string_view name, const std::string& file);

/// What records demand of the machine and the machine does not have: `__cuda >=12.4` of `pytorch 2.5` with
/// `__cuda 12.2`. A `constrains` demands nothing of a machine without that virtual package. One diagnostic
/// "machine-lacks" for each virtual package, naming the packages which need it (the first few, then how many more),
/// what is needed and what is there. Order: by name of the virtual package.
std::vector<core::Diagnostic> unmet_machine_needs(const std::vector<conda::PackageRecord>& records,
                                                  const std::vector<conda::VirtualPackage>& machine);

/// Those of the platform's packages that one of the categories reaches; all when `categories` is empty.
/// Throws: core::Error "unknown-category" with those there are.
InstallPlatform only_categories(const InstallPlatform& platform, const std::vector<std::string>& categories);

}  // namespace envlock::lock
