#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/prefix/manifest.h"

namespace envlock::prefix {

/// What info/paths.json lists, in its order.
/// Throws: core::Error "package-invalid".
std::vector<ManifestPath> parse_paths_json(std::string_view text, std::string_view package);

/// What `files`, `has_prefix`, `no_link` and `no_softlink` of an older package say. A path's type is not in them: all
/// are hardlinks here, and the archive tells which are symlinks.
/// Throws: core::Error "package-invalid".
std::vector<ManifestPath> parse_old_lists(const std::map<std::string, std::string>& info, std::string_view package);

/// Throws: core::Error "package-invalid" for a placeholder that no package may have: longer than 1024 bytes, or with a
/// NUL or line end in it.
void check_placeholder(std::string_view placeholder, std::string_view package, std::string_view file);

}  // namespace envlock::prefix
