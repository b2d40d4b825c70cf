#pragma once

#include <optional>

#include "envlock/core/diagnostic.h"
#include "line_location.h"
#include "logical_line.h"

namespace envlock::pypi {

/// Reads line.text()[begin, end) as pip does: PEP 508, or a URL or path with extras and a marker.
/// Absent: `request` has its requirement and location. Else the mistake, with its place.
std::optional<core::Diagnostic> read_line_requirement(const LogicalLine& line, std::size_t begin, std::size_t end,
                                                      const LineFolders& folders, PipRequest& request);

}  // namespace envlock::pypi
