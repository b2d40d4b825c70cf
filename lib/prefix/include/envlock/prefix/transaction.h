#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "envlock/archive/package_cache.h"
#include "envlock/conda/package_record.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/progress.h"
#include "envlock/prefix/conda_meta.h"
#include "envlock/prefix/layout.h"
#include "envlock/prefix/manifest.h"
#include "envlock/prefix/wheel.h"

namespace envlock::prefix {

/// A conda package that the prefix shall hold.
struct WantedPackage {
  conda::PackageRecord record;
  std::vector<std::string> requested_specs;  ///< the user's own lines for it; may be empty
};

/// What a prefix shall be: exactly these.
struct Target {
  std::vector<WantedPackage> packages;
  std::vector<WantedWheel> wheels;
  std::map<std::string, std::string> variables;
  std::string lock_bytes;                   ///< copied to conda-meta/envlock.lock
  std::vector<std::string> renewed_wheels;  ///< names: to install anew although they seem to be there
};

/// Which packages change. Needs conda-meta alone, no archive: what --dry-run shows.
struct Change {
  std::string name;
  std::optional<conda::PackageRecord> from;  ///< absent: added
  std::optional<conda::PackageRecord> to;    ///< absent: removed
};
struct Difference {
  std::vector<Change> changes;         ///< sorted by name; a rebuilt file (same version and build, other hash) too
  std::vector<WantedPackage> to_link;  ///< those of the target that must be there anew
  std::vector<InstalledPackage> to_remove;
  std::size_t unchanged = 0;
};
/// `relink`: packages to link anew although conda-meta says they are there (their files were found to differ).
Difference compare(const InstalledPackages& installed, const Target& target,
                   const std::vector<std::string>& relink = {});

/// The same for wheels. Only those that we installed count (INSTALLER is "envlock"); what pip put there stays.
struct WheelDifference {
  std::vector<WantedWheel> to_install;  ///< sorted by name
  std::vector<Distribution> to_remove;  ///< sorted by name
  std::vector<Distribution> unchanged;  ///< sorted by name
};
WheelDifference compare_wheels(const std::filesystem::path& prefix, const InstalledPackages& installed,
                               const Target& target);

/// Distributions in the site-packages of the target's python that no conda package owns and that we did not install:
/// pip's and the like, sorted by name. They stay, whatever is installed.
std::vector<Distribution> extra_distributions(const std::filesystem::path& prefix, const Target& target);

enum class Pyc { compile, none };
enum class Scripts { list, run };
enum class LinkMethod { automatic, hardlink, copy };

struct InstallOptions {
  Pyc pyc = Pyc::compile;
  Scripts scripts = Scripts::list;
  LinkMethod link = LinkMethod::automatic;  ///< reflink, else hard link, else copy
  std::size_t threads = 0;                  ///< 0: one per core
  bool force = false;                       ///< change an environment that is frozen
  std::function<bool()> is_stopped = {};    ///< asked often, from many threads; true: put the prefix back
};

struct InstallResult {
  std::size_t linked_files = 0;
  std::size_t reflinked = 0, hardlinked = 0, copied = 0, rewritten = 0;
  std::uint64_t bytes = 0;                ///< of all files that were put there
  std::size_t removed_files = 0;          ///< of packages that left; those that came back with another content too
  std::size_t compiled = 0;               ///< pyc files
  std::vector<std::string> kept_aside;    ///< files the user had changed or put there: "bin/x -> bin/x.envlock-kept-1"
  std::vector<std::string> scripts;       ///< link scripts that were not run, now or earlier: paths in the prefix
  std::vector<std::string> scripts_run;   ///< those that were, in the order in which they were
  std::vector<std::string> not_compiled;  ///< python sources that do not compile
};

/// Is there a journal of an install that did not end?
bool is_interrupted(const std::filesystem::path& prefix);

/// Undoes an interrupted install: the prefix is as it was before. Offline; may be interrupted and run again any number
/// of times. Does nothing when there is no journal. Returns true when there was one. Throws: core::Error
/// "recovery-failed" (what could not be put back, and what to do).
bool recover(const std::filesystem::path& prefix);

/// Makes the prefix the target. Journal first, then files, then conda-meta; `unpacked` hands out the packages of
/// `difference.to_link`, already in the cache. Only files that conda-meta or a RECORD of ours owns are removed; those
/// the user changed are kept aside. The same target in the same path gives the same bytes, modes and times. Throws:
/// core::Error "prefix-not-environment" (a non-empty folder that is none), "prefix-frozen", "prefix-busy" (another
/// envlock works on it), "prefix-unwritable", "disk-full", "prefix-too-long", "clobber" (two packages own one path with
/// different content is a note, with a directory in a file's place an error), "package-invalid", "cache-changed",
/// "interrupted" (options.is_stopped). Whatever is thrown, the prefix was put back first. With Scripts::run also the
/// post-link scripts that earlier installs left out are run: conda-meta/envlock-scripts names them. Files of conda-meta
/// that cannot be understood, and belong to no package, are kept aside and written anew (note "conda-meta-mended").
InstallResult install(const std::filesystem::path& prefix, const Target& target, const Difference& difference,
                      const archive::PackageCache& cache,
                      const std::function<const archive::Unpacked&(const conda::PackageRecord&)>& unpacked,
                      const InstallOptions& options, core::Progress& progress, core::Notes& notes);

/// The path as it is written into files: absolute, without "." and "..", links not resolved.
/// Throws: core::Error "prefix-invalid" (control characters, or no UTF-8), "prefix-not-environment" (a non-empty folder
/// that is none, or no folder), "prefix-frozen".
std::string check_prefix(const std::filesystem::path& prefix, bool force);

/// Called by tests at every step of install and recover, with the step's name; may throw or _exit.
void set_fault_hook(std::function<void(const char* step)> hook);

}  // namespace envlock::prefix
