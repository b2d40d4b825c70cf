#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace envlock::prefix {

/// The kernel of Linux reads so many bytes of a "#!" line.
inline constexpr std::size_t kMaxShebangBytes = 127;

/// A first line such as "#!/opt/x/bin/perl -w", in parts, views into it.
struct Shebang {
  std::string_view executable;  ///< from the slash to the first white space that no backslash escapes
  std::string_view options;     ///< the rest, with its leading space
};
/// Absent when the line is none that names a program by its absolute path.
std::optional<Shebang> parse_shebang(std::string_view line);

/// What stands after the last slash.
std::string_view file_name_of(std::string_view path);

/// "#!/usr/bin/env NAME OPTIONS"
std::string env_shebang(const Shebang& shebang);

/// Two lines that are both a shell script and a Python string, for paths that no "#!" line may hold:
/// the shell starts `executable`, which passes over them. Without a final line end.
std::string shell_shebang(std::string_view executable, std::string_view options);

}  // namespace envlock::prefix
