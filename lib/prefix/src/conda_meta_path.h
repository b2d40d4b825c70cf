#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace envlock::prefix {

/// A path below the prefix as its owner wrote it, without "." parts and doubled slashes. Absent when it is empty,
/// absolute, has a ".." part or a NUL: what a conda-meta file owns is removed some day, so it must lie inside.
std::optional<std::string> normalized_installed_path(std::string_view path);

}  // namespace envlock::prefix
