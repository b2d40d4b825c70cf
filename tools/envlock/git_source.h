#pragma once

#include <filesystem>
#include <string>

namespace envlock::tools {

/// The commit that a revision of a repository names now: a branch, a tag, HEAD when `revision` is empty; a whole commit
/// id is itself. Throws: core::Error "git-missing", "git-failed" (no such repository, no such revision, no network).
std::string find_commit(const std::string& repository, const std::string& revision);

/// The files of a commit, without its history, in a folder of the cache that is kept for the next time.
/// Throws: core::Error "git-missing", "git-failed".
std::filesystem::path check_out(const std::string& repository, const std::string& commit,
                                const std::filesystem::path& cache);

}  // namespace envlock::tools
