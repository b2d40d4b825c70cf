#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli_options.h"
#include "envlock/core/digest.h"
#include "envlock/prefix/wheel.h"
#include "lock_target.h"
#include "pip_transport.h"

namespace envlock::tools {

/// A wheel for a distribution that the lock names without a finished one.
struct SourceWheel {
  std::string name, version;
  std::string url;  ///< for direct_url.json: without secrets
  core::Sha256 sha256;
  std::filesystem::path file;
  prefix::DirectUrl direct;
};

/// What can be told of such a distribution without the network and without running anything.
struct SeenSource {
  std::string name, version;
  bool is_folder = false;                   ///< else a repository or a built wheel
  std::string place;                        ///< for people: the folder, or "URL at commit ID"
  std::optional<SourceWheel> wheel;         ///< what an install would put there
  bool is_hashed = false;                   ///< the lock has the wheel's hash
  std::optional<core::Diagnostic> trouble;  ///< why there is no wheel
};

/// Makes wheels of folders, repositories and source distributions: of folders and plain projects from what their files
/// say, of others by a build, which `allow_build` must permit. Wheels lie in the cache, or where that takes no files in
/// a folder that goes with this object.
class SourceWheels {
 public:
  /// All must outlive this.
  SourceWheels(const LockTarget& lock, const Session& session, bool allow_build);
  ~SourceWheels();
  SourceWheels(const SourceWheels&) = delete;
  SourceWheels& operator=(const SourceWheels&) = delete;

  /// Wheels of all of the lock's sources, sorted by name. Tells all failures at once.
  /// Throws: core::Error "project-folder-missing", "project-stale", "project-layout-unknown", "build-not-allowed",
  /// "built-wheel-differs", and what git, pip and fetching say.
  std::vector<SourceWheel> make(PipTransport& transport, core::Notes& notes);
  /// As far as they are at hand: folders are read, checkouts and built wheels of the cache are held against the lock.
  /// With `fetch`, commits that the cache lacks are fetched. Builds nothing.
  std::vector<SeenSource> look(bool fetch);
  /// What of the folders would fail an install. Writes nothing.
  void check_folders() const;

 private:
  std::filesystem::path folder_of(const lock::LockedDistribution& distribution) const;
  SourceWheel of_folder(const lock::LockedDistribution& distribution);
  SourceWheel of_commit(const lock::LockedDistribution& distribution, PipTransport& transport, core::Notes& notes);
  SourceWheel of_sdist(const lock::LockedSource& source, PipTransport& transport);
  std::optional<SourceWheel> plain_wheel_of_commit(const lock::LockedDistribution& distribution,
                                                   const std::filesystem::path& checkout, std::string& why);
  SeenSource seen(const lock::LockedSource& source, bool fetch);
  prefix::DirectUrl direct_of(const lock::LockedDistribution& distribution) const;
  std::filesystem::path keep(const std::string& file_name, const std::string& bytes);

  const LockTarget& lock_;
  const Session& session_;
  bool allow_build_;
  std::filesystem::path lock_folder_;
  std::string python_version_;
  std::filesystem::path private_folder_;  ///< "" until the cache takes no files
};

}  // namespace envlock::tools
