#pragma once

#include <string>
#include <string_view>

#include "envlock/report/report.h"

namespace envlock::report {

enum class Color { red, yellow, green, cyan, blue, dim, bold };

/// The text in a color, or as it is when the style has none. Meaning never lives in color alone.
std::string paint(std::string_view text, Color color, const Style& style);

/// Text that came from outside, fit for a terminal: secrets masked, controls escaped.
std::string shown(std::string_view text);

}  // namespace envlock::report
