#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "envlock/fetch/fetcher.h"

namespace envlock::fetch {

/// The path when `place` is a file:// URL or an absolute path, else absent.
std::optional<std::filesystem::path> local_path(const std::string& place);

/// Serves a file where it lies. Its content key is a hash of device, inode, size, mtime and ctime; or of the content,
/// when a hash was asked for or the file changed so lately that its times could hide another change.
Fetched serve_local(const std::filesystem::path& path, const Download& download);

}  // namespace envlock::fetch
