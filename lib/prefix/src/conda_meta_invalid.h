#pragma once

#include <filesystem>
#include <string>

#include "envlock/core/diagnostic.h"

namespace envlock::prefix {

/// The one error of everything under conda-meta. `file` is its plain name there.
core::Diagnostic conda_meta_invalid(const std::string& file, const std::string& why);

}  // namespace envlock::prefix
