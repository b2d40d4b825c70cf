#pragma once

#include <string>
#include <string_view>

namespace envlock::prefix {

/// The way from a folder to a path, both relative to the prefix: "../../../bin/x" from "lib/python3.12/site-packages".
std::string relative_to_folder(std::string_view path, std::string_view folder);

/// The path that `relative` names when read in `folder`, ".." and "." taken out: "bin/x" for the above. One that leaves
/// the prefix begins with "..".
std::string resolved_in_folder(std::string_view relative, std::string_view folder);

}  // namespace envlock::prefix
