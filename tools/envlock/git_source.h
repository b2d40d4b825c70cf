#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace envlock::tools {

/// The commit that a revision of a repository names now: a branch, a tag, HEAD when `revision` is empty; a whole commit
/// id is itself. Throws: core::Error "git-missing", "git-failed" (no such repository, no such revision, no network).
std::string find_commit(const std::string& repository, const std::string& revision);

/// The files of a commit that are in the cache, when they hash to it: by git's own rule, from the commit's name down to
/// every file. Runs nothing. Absent when they are not there, or were changed.
std::optional<std::filesystem::path> find_checkout(const std::string& repository, const std::string& commit,
                                                   const std::filesystem::path& cache);

/// The files of a commit, without its history, in a folder of the cache that is kept for the next time. Bytes are those
/// that git keeps: attributes of the repository change no line ends, and no filter runs. Submodules stay empty.
/// Throws: core::Error "git-missing", "git-failed".
std::filesystem::path check_out(const std::string& repository, const std::string& commit,
                                const std::filesystem::path& cache);

}  // namespace envlock::tools
