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

/// True when a line's location and a distribution's URL or path lead to the same place. User names do not matter, nor
/// "./" before a path.
bool is_same_location(const std::string& left, const std::string& right);

/// Why a line cannot stand in a lock; empty when it can.
std::string fault_of(const PipLine& line);

}  // namespace envlock::lock
