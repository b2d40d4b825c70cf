#pragma once

#include <string>
#include <vector>

#include "planned_file.h"

namespace envlock::prefix {

/// Fills `package.manifest` from the unpacked info/ files, each held against its hash.
/// Throws: core::Error "package-invalid", "cache-changed".
void read_cached_manifest(PackageToLink& package);

/// Proves the files that will be linked, copied or rewritten: by their stamps, else by hashing them.
/// Throws: core::Error "cache-changed".
void prove_cached_files(const std::vector<PackageToLink>& packages, const std::vector<PlannedFile>& files,
                        const archive::PackageCache& cache, std::size_t threads);

/// The bytes of a cached file that was proved. Throws: core::Error "cache-changed" when its size is another.
std::string read_proved(const PackageToLink& package, const archive::UnpackedFile& file);

/// A file of the cache is not what was unpacked there.
[[noreturn]] void throw_cache_changed(const PackageToLink& package, const archive::UnpackedFile& file);

}  // namespace envlock::prefix
