#pragma once

#include <string_view>
#include <vector>

#include "envlock/prefix/manifest.h"

namespace envlock::prefix {

/// The console_scripts and gui_scripts of an entry_points.txt, sorted by command; of two with one command the later
/// counts, as in pip. Other sections are not looked at.
/// `package`: whose they are, for the errors. Throws: core::Error "entry-point-invalid". Source: the "Entry points
/// specification" of PyPA.
std::vector<EntryPoint> parse_entry_points(std::string_view package, std::string_view text);

}  // namespace envlock::prefix
