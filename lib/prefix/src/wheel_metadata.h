#pragma once

#include <string>
#include <vector>

#include "envlock/prefix/manifest.h"
#include "envlock/prefix/wheel.h"
#include "wheel_content.h"

namespace envlock::prefix {

/// What the .dist-info folder of a wheel says.
struct WheelMetadata {
  std::string info_folder;  ///< "idna-3.10.dist-info"
  std::string name;         ///< as METADATA has it
  std::string version;
  std::vector<EntryPoint> entry_points;
};

/// Throws: core::Error "wheel-invalid": none or several .dist-info folders, no WHEEL or METADATA, a Wheel-Version other
/// than 1.x, a tag that is none, a name or version that is not the wanted one; "entry-point-invalid".
WheelMetadata read_metadata(const WantedWheel& wheel, const WheelContent& content);

}  // namespace envlock::prefix
