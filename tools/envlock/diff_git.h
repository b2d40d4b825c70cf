#pragma once

#include <optional>
#include <string>

namespace envlock::tools {

/// A file in git's history: "HEAD~1:envlock.lock", "main:ci/envlock.lock", ":envlock.lock" (what is staged).
struct GitFile {
  std::string revision;  ///< "" for what is staged
  std::string path;      ///< relative to the current folder
};
/// Absent for a word that is none: without a colon, a URL, or one that names a file which exists.
std::optional<GitFile> as_git_file(const std::string& word);

/// The file's bytes, asked of `git` without a shell; nothing in the words can become an option or a command.
/// Throws: core::Error "git-missing", "git-failed" with git's own words, "file-too-large".
std::string read_git_file(const GitFile& file, const std::string& word);

}  // namespace envlock::tools
