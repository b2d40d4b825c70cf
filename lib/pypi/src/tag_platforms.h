#pragma once

#include <string>
#include <vector>

#include "envlock/pypi/tags.h"

namespace envlock::pypi {

/// The platform tags that a machine takes, best first, without "any": "manylinux_2_28_x86_64".
std::vector<std::string> platform_tags(const TagPlatform& platform);

/// "2.28" or "3.12.7" as its first two numbers. Absent: it does not begin with two.
std::optional<std::pair<int, int>> parse_number_pair(std::string_view text);

}  // namespace envlock::pypi
