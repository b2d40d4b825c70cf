#pragma once

#include <filesystem>
#include <string>

#include "envlock/core/diagnostic.h"

namespace envlock::prefix {

/// The one error of everything under conda-meta that says what it must not. `file` is its plain name there.
core::Diagnostic conda_meta_invalid(const std::string& file, const std::string& why);
/// "file-unreadable": the system did not let us look, so nothing is known of what it says.
core::Diagnostic conda_meta_unreadable(const std::string& file, const std::string& why);

}  // namespace envlock::prefix
