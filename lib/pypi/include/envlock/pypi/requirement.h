#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "envlock/pypi/marker.h"
#include "envlock/pypi/version.h"

namespace envlock::pypi {

/// "transformers[torch] >=4.40,<5 ; python_version >= '3.9'" or "name @ https://..." (PEP 508).
struct Requirement {
  std::string name;                 ///< normalized
  std::vector<std::string> extras;  ///< normalized, sorted, each once
  Specifiers specifiers;
  std::string url;  ///< "name @ URL": as written, may hold credentials; else ""
  Marker marker;

  /// Throws: core::Error "invalid-requirement", "invalid-specifier", "invalid-marker", with the column.
  static Requirement parse(std::string_view text);
  /// What a METADATA file of a published wheel says: mends what pip and uv mend. Absent when it cannot be.
  static std::optional<Requirement> parse_leniently(std::string_view text);

  /// Canonical: "transformers[torch]>=4.40,<5 ; python_version >= \"3.9\"".
  std::string format() const;
  bool operator==(const Requirement&) const = default;
};

}  // namespace envlock::pypi
