#pragma once

#include <filesystem>
#include <vector>

#include "envlock/archive/package_cache.h"

namespace envlock::archive {

/// Is what lies at `path` what was unpacked there? By its stamp, else by everything that is known of it.
bool is_as_unpacked(const std::filesystem::path& path, const UnpackedFile& file);

/// Gives every file the stamp that it has now, when its size and mtime are those that were recorded; else none.
void take_stamps(const Unpacked& package, std::vector<UnpackedFile>& files);

}  // namespace envlock::archive
