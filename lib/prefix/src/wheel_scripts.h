#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "envlock/prefix/manifest.h"

namespace envlock::prefix {

/// The first lines of a script that `executable` shall run: "#!executable", or, when that is longer than Linux reads or
/// holds a space, a line that is both a shell's `exec` and a Python string. Ends with a newline.
std::string python_shebang(std::string_view executable);

/// What pip writes for an entry point: the text of distlib's template.
std::string wheel_entry_point_script(const EntryPoint& entry_point, std::string_view executable);

/// A script of .data/scripts with its "#!python" or "#!pythonw" line made to name the executable. Absent: it has none
/// and stays as it is.
std::optional<std::string> rewritten_script(std::string_view script, std::string_view executable);

}  // namespace envlock::prefix
