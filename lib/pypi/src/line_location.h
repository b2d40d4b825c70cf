#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "envlock/pypi/requirement_lines.h"
#include "invalid.h"

namespace envlock::pypi {

/// Where a line's relative paths start, and from where the lock tells them.
struct LineFolders {
  std::filesystem::path folder;  ///< of the file that the line stands in
  std::filesystem::path root;    ///< of environment.yml
};

/// A URL or path as it is, and as it was before variables got their values.
struct LocationText {
  std::string_view value;
  std::string_view written;
};

/// "${API_TOKEN}" in the path of a URL as it is written: a variable whose name says that it is secret, where it is
/// stored and shown. "": there is none.
std::string secret_in_path(std::string_view written);

/// Does a text name a place rather than a project: a URL, "./x", "x.whl", "a/b"? "name @ ..." does not.
bool looks_like_location(std::string_view text);

/// Fills kind, location, written_location, revision, subdirectory and hashes, and name and extras where the location
/// tells them. Absent: it is good. Else `at` counts from the start of the value.
std::optional<Problem> read_location(const LocationText& text, const LineFolders& folders, PipRequest& request);

/// `path` as an absolute one, "." and ".." resolved by their text.
std::filesystem::path absolute_path(std::string_view path, const std::filesystem::path& folder);

}  // namespace envlock::pypi
