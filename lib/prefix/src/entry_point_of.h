#pragma once

#include <string_view>

#include "envlock/prefix/manifest.h"

namespace envlock::prefix {

/// As parse_entry_point, for the entry point of a package, which the error names.
EntryPoint parse_entry_point_of(std::string_view package, std::string_view text);

}  // namespace envlock::prefix
