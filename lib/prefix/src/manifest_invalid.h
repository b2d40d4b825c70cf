#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace envlock::prefix {

/// Throws: core::Error "package-invalid", about `file` (such as "info/paths.json") of `package`.
[[noreturn]] void throw_package_invalid(std::string_view package, std::string_view file, std::string what,
                                        std::vector<std::string> why = {});

/// A name out of a package, shown within a message: in backticks, printable.
std::string show(std::string_view text);

/// True for a path that stays below the folder it is joined to: relative, without "", "." and ".." parts and control
/// characters, valid UTF-8, parts of at most 255 and in all at most 4096 bytes.
bool is_safe_relative_path(std::string_view path);

}  // namespace envlock::prefix
