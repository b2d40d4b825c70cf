#pragma once

#include <functional>
#include <string>
#include <vector>

#include "planned_file.h"
#include "wheel_stage.h"

namespace envlock::prefix {

/// All that an install shall put into a prefix, with the paths that the packages say: nobody looked at the disk yet.
struct WantedFiles {
  std::vector<PackageToLink> packages;  ///< in the order of `to_link`
  std::vector<PlannedFile> files;       ///< conda-meta/history, state and envlock.lock are not among them
  std::vector<std::string> folders;     ///< that packages ask for by name
};

struct WantedInput {
  std::string prefix;  ///< absolute, as it is written into files
  const Target& target;
  const std::vector<WantedPackage>& to_link;
  const std::vector<WantedWheel>& wheels;  ///< to install
  WheelStage& stage;
  const archive::PackageCache& cache;
  const std::function<const archive::Unpacked&(const conda::PackageRecord&)>& unpacked;
  Pyc pyc = Pyc::compile;
  std::size_t threads = 0;
};

/// Reads what the packages say of themselves and proves their cached files.
/// Throws: core::Error "package-invalid", "prefix-too-long", "cache-changed", "entry-point-invalid", and what
/// stream_wheel throws.
WantedFiles wanted_files(const WantedInput& input);

/// The python that the target has, when it has one.
std::optional<Python> python_of(const Target& target);

}  // namespace envlock::prefix
