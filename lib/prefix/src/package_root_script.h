#pragma once

#include <optional>
#include <string_view>

#include "envlock/prefix/layout.h"
#include "envlock/prefix/manifest.h"

namespace envlock::prefix {

/// The entry point behind a script, when the whole script is what some tool writes for it. The command stays empty: it
/// is the file's name.
std::optional<EntryPoint> read_script(std::string_view script, std::string_view prefix, const Python& python);

}  // namespace envlock::prefix
