#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace envlock::lock {

/// The offset of the first line that begins with git's "<<<<<<< ", "=======", ">>>>>>> " or "||||||| ". JSON has none.
std::optional<std::size_t> find_conflict_marker(std::string_view text);

struct ConflictSides {
  std::string ours;
  std::string theirs;
};

/// Both sides of a text with conflict markers; of the diff3 and zdiff3 styles the common ancestor is dropped.
/// Throws: core::Error "lock-invalid" for markers that do not pair up.
ConflictSides split_conflict(std::string_view text, const std::string& file);

}  // namespace envlock::lock
