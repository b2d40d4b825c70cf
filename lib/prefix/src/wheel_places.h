#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "envlock/prefix/wheel.h"
#include "wheel_content.h"
#include "wheel_metadata.h"

namespace envlock::prefix {

struct WheelPlace {
  std::string target;  ///< relative to the prefix
  std::uint32_t mode = 0644;
};

/// Where the files of a wheel go.
struct WheelPlaces {
  std::map<std::string, WheelPlace> by_source;  ///< those that are copied as they are, by their path in the wheel
  std::vector<WheelFile> made;                  ///< rewritten and new ones, by target; RECORD last
};

struct PlacesInput {
  const WantedWheel& wheel;
  const WheelContent& content;
  const WheelMetadata& metadata;
  std::string prefix;
  const Python& python;
};
/// Throws: core::Error "wheel-invalid": a data scheme that is none, two files for one place, a place in conda-meta.
WheelPlaces place_files(const PlacesInput& input);

}  // namespace envlock::prefix
