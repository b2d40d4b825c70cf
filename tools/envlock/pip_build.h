#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "envlock/core/digest.h"
#include "envlock/fetch/fetcher.h"
#include "envlock/pypi/source.h"

namespace envlock::tools {

/// For which machine a wheel is built.
struct BuildTarget {
  std::string subdir;
  std::string python_version;  ///< "3.12.7"
};

struct BuiltWheel {
  std::filesystem::path file;
  core::Sha256 sha256;
  core::Sha256 source_sha256 = {};  ///< of the sdist that it was made of
};

/// Where wheels lie that were built here. `source`: the SHA-256 of an sdist, or "git-COMMIT".
std::filesystem::path built_folder(const std::filesystem::path& cache, const std::string& source,
                                   const BuildTarget& target);

/// A wheel of that name and hash in the folder, as far as the cache has it.
std::optional<std::filesystem::path> find_built(const std::filesystem::path& folder, const std::string& file,
                                                const core::Sha256& sha256);

/// Builds wheels, under `--allow-build`: with `pip wheel` of the python that $ENVLOCK_BUILD_PYTHON names, or `python3`.
/// What it built stays in the cache, so that locking again gives the same bytes on this machine. Clock, time zone, hash
/// seed and umask are fixed, so that plain backends give the same bytes on any.
class WheelBuilder {
 public:
  WheelBuilder(fetch::Fetcher& fetcher, std::filesystem::path cache) : fetcher_(fetcher), cache_(std::move(cache)) {}

  /// Any wheel of the sdist: the cache's, or a new one. `sdist` must state its SHA-256, or be hashed first.
  /// Throws: core::Error "build-impossible" (another platform or python than the one at hand, no pip), "build-failed"
  /// with the end of what pip said, what fetching says.
  BuiltWheel build(const std::string& name, const pypi::IndexFile& sdist, const BuildTarget& target);
  /// The wheel that a lock names: the cache's, or a new one when that has the hash.
  /// Throws: as `build`; core::Error "built-wheel-differs".
  BuiltWheel build_locked(const std::string& name, const fetch::Download& sdist, const std::string& sdist_file,
                          const BuildTarget& target, const std::string& wheel_file, const core::Sha256& wheel_sha256);
  /// A wheel of a checked-out commit: the cache's, or a new one. `folder` is not written to.
  BuiltWheel build_commit(const std::string& name, const std::filesystem::path& folder, const std::string& commit,
                          const std::string& subdirectory, const BuildTarget& target);

 private:
  std::filesystem::path fetch_sdist(const fetch::Download& download);

  fetch::Fetcher& fetcher_;
  std::filesystem::path cache_;
};

/// A Source that builds an sdist when nothing else tells what it needs.
class BuildingSource final : public pypi::Source {
 public:
  BuildingSource(pypi::Source& source, WheelBuilder& builder, BuildTarget target)
      : source_(source), builder_(builder), target_(std::move(target)) {}

  std::vector<pypi::FoundProject> projects(const std::vector<std::string>& names) override {
    return source_.projects(names);
  }
  std::vector<pypi::FoundMetadata> metadata(const std::vector<pypi::MetadataWanted>& wanted) override;

 private:
  pypi::Source& source_;
  WheelBuilder& builder_;
  BuildTarget target_;
};

}  // namespace envlock::tools
