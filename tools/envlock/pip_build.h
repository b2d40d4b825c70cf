#pragma once

#include <filesystem>
#include <map>
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
};

/// Where the wheels lie that were built of an sdist.
std::filesystem::path built_folder(const std::filesystem::path& cache, const core::Sha256& sdist);

/// Builds wheels of sdists, under `--allow-build`: with `pip wheel` of the python that $ENVLOCK_BUILD_PYTHON names, or
/// `python3`. What it built stays in the cache, so that locking again gives the same bytes on this machine.
class WheelBuilder {
 public:
  WheelBuilder(fetch::Fetcher& fetcher, std::filesystem::path cache) : fetcher_(fetcher), cache_(std::move(cache)) {}

  /// `sdist` must state its SHA-256, or be hashed first. Throws: core::Error "build-impossible" (another platform or
  /// python than the one at hand, no pip), "build-failed" with the end of what pip said, what fetching says.
  BuiltWheel build(const std::string& name, const pypi::IndexFile& sdist, const BuildTarget& target);

 private:
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
