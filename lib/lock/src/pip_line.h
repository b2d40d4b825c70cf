#pragma once

#include <string>
#include <vector>

#include "envlock/lock/pip.h"
#include "envlock/pypi/requirement.h"

namespace envlock::lock {

/// A PipLine taken apart.
struct PipAsk {
  std::string name;  ///< "" where the line does not tell it
  std::vector<std::string> extras;
  pypi::Specifiers specifiers;
  pypi::Marker marker;
  std::string location;  ///< "" for a named one; of a repository without "git+", revision and subdirectory
  std::string revision;
  std::string subdirectory;
  bool editable = false;
};
/// Throws: core::Error "invalid-requirement", "invalid-specifier", "invalid-marker".
PipAsk parse_pip_line(const PipLine& line);

/// Why a line cannot stand in a lock; empty when it can.
std::string fault_of(const PipLine& line);

}  // namespace envlock::lock
