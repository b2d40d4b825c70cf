#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace envlock::pypi {

/// What a METADATA (wheel) or PKG-INFO (sdist) file says. Source: core metadata 1.0 to 2.4.
struct Metadata {
  std::string metadata_version;
  std::string name;                         ///< normalized
  std::string version;                      ///< as written
  std::string requires_python;              ///< "" none
  std::vector<std::string> requires_dist;   ///< as written, in order
  std::vector<std::string> provides_extra;  ///< normalized, sorted, each once
  std::vector<std::string> dynamic;         ///< lower case field names (PEP 643)
  std::string license;                      ///< License-Expression, else License when it is one line; "" none
  std::string license_expression;           ///< SPDX, "" none
  std::string summary;

  bool operator==(const Metadata&) const = default;
};

/// `what` names the file in messages. A line of the head that is no field (a licence that was pasted in) is passed
/// over. Throws: core::Error "metadata-invalid" (no Name or Version, two that differ, over 10 MiB).
Metadata parse_metadata(std::string_view bytes, const std::string& what);

}  // namespace envlock::pypi
