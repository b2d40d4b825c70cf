#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace envlock::archive {

/// What is wrong with a name or a link target, in words for people; empty: nothing.
struct CheckedPath {
  std::string path;  ///< normalized: without "." parts, doubled and trailing slashes; empty for the root itself
  std::string wrong;
};

/// Checks the name of an entry: relative, no "..", valid UTF-8, no control characters, nothing that a reader which
/// takes backslashes for slashes would find outside, no part of more than 255 bytes and at most 3,072 in all.
CheckedPath check_path(std::string_view name);
/// True when nothing is wrong with the name and it is normalized already.
bool is_checked_path(std::string_view name);

/// Checks where a symlink at `path` (normalized) points, by the words alone: relative and never above the root.
/// Empty: nothing is wrong.
std::string check_link_target(std::string_view path, std::string_view target);

/// The folder of a normalized path; empty at the root.
std::string_view folder_of(std::string_view path);

}  // namespace envlock::archive
