#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace envlock::prefix {

/// The name that git gives the files of a folder: the SHA-1 of its tree object, as 40 hex digits. `.git` at the top
/// does not count, and files must be as git keeps them (no line ends or filters of a checkout). `submodules`: their
/// commits by path, since a folder does not tell them. Nothing is run.
/// Throws: core::Error "file-unreadable".
std::string git_tree_id(const std::filesystem::path& folder, const std::map<std::string, std::string>& submodules);

/// The name of a commit with this content (what `git cat-file commit` prints).
std::string git_commit_id(std::string_view content);

}  // namespace envlock::prefix
