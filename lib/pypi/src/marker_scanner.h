#pragma once

#include <optional>
#include <string_view>

#include "envlock/pypi/marker.h"
#include "invalid.h"

namespace envlock::pypi {

/// Reads text[begin, end) as a marker. Absent: it is good. Else `at` counts from the start of `text`.
std::optional<Problem> scan_marker(std::string_view text, std::size_t begin, Marker& marker);

}  // namespace envlock::pypi
