#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli_options.h"
#include "envlock/archive/package_cache.h"
#include "envlock/lock/install_set.h"
#include "pip_transport.h"

namespace envlock::tools {

/// The packages of an install, in our cache and checked.
struct Obtained {
  std::map<std::string, archive::Unpacked> unpacked;    ///< by conda::package_url of the record
  std::map<std::string, std::filesystem::path> wheels;  ///< by name
  std::size_t downloaded = 0;                           ///< files that came over the network or from a folder
  std::uint64_t downloaded_bytes = 0;
  std::size_t borrowed = 0;      ///< archives found in the package caches of conda, mamba and rattler
  std::size_t was_unpacked = 0;  ///< packages that were unpacked in our cache already
};

/// Where the unpacked packages of a cache folder lie.
std::filesystem::path package_cache_folder(const std::filesystem::path& cache);

/// Finds archives and gets those that are not here.
class Packages {
 public:
  /// `lock_folder`: relative channels start there.
  Packages(Session& session, std::filesystem::path lock_folder, Out& out);

  /// Downloads what is missing, checks every hash while it comes, and unpacks. All failures are told at once.
  /// Throws: core::Error "hash-mismatch", "cache-miss" (offline), network failures, what unpacking throws.
  Obtained obtain(const std::vector<lock::InstallPackage>& packages, const std::vector<lock::LockedWheel>& wheels,
                  std::size_t threads);
  /// Archive files of packages and wheels, fetched where `fetch` says so, by SHA-256; those that could not be had are
  /// left out and told as warnings.
  std::map<core::Sha256, std::filesystem::path> archives(const std::vector<conda::PackageRecord>& records,
                                                         const std::vector<lock::LockedWheel>& wheels, bool fetch);

  archive::PackageCache& cache() { return cache_; }
  /// The way to indexes of Python's own packages; pip's configuration is read when it is first asked for.
  PipTransport& pip();

 private:
  fetch::Download download_of(const lock::InstallPackage& package) const;
  fetch::Download download_of(const lock::LockedWheel& wheel, bool by_network);
  fetch::Fetched fetch_wheel(const lock::LockedWheel& wheel);
  /// Says once that packages are unpacked elsewhere than in the cache.
  void note_trouble();
  void find_transport(const std::vector<lock::InstallPackage>& packages);

  Session& session_;
  std::filesystem::path lock_folder_;
  Out& out_;
  archive::PackageCache cache_;
  std::vector<channel::Location> locations_;
  std::unique_ptr<PipTransport> pip_;
};

}  // namespace envlock::tools
