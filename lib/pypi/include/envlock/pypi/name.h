#pragma once

#include <string>
#include <string_view>

namespace envlock::pypi {

/// PEP 503: lower case, runs of "-", "_" and "." are one "-". Gives something for any text; see is_valid_name.
std::string normalize_name(std::string_view name);

/// PEP 508 / PEP 426: ASCII letters, digits, "-", "_", "."; begins and ends with a letter or digit.
bool is_valid_name(std::string_view name);

}  // namespace envlock::pypi
