#pragma once

#include <string>
#include <vector>

#include "planned_file.h"

namespace envlock::prefix {

/// Fills `package.manifest` from the unpacked info/ files, each held against its hash.
/// Throws: core::Error "package-invalid", "cache-changed".
void read_cached_manifest(PackageToLink& package);

/// Opens the folders of the cached files, so that the way to each file is short.
void open_cached_folders(std::vector<PackageToLink>& packages);

/// Where a cached file is, for calls that take an open folder and a path.
class CachedPlace {
 public:
  CachedPlace(const PackageToLink& package, const archive::UnpackedFile& file);
  int folder() const { return folder_; }
  const char* path() const { return whole_.empty() ? file_.entry.path.c_str() : whole_.c_str(); }

 private:
  const archive::UnpackedFile& file_;
  int folder_;
  std::string whole_;  // when the folder is not open
};

/// Proves the files that will be linked, copied or rewritten: by their stamps, else by hashing them. Those whose mode
/// or time is another than the archive's will be copied, not linked: a link would show it.
/// Throws: core::Error "cache-changed".
void prove_cached_files(const std::vector<PackageToLink>& packages, std::vector<PlannedFile>& files,
                        const archive::PackageCache& cache, std::size_t threads);

/// Reads a cached file that was proved to the start of `buffer`, which grows where it is too small. Returns the size.
/// Throws: core::Error "cache-changed" when the file is gone or its size is another.
std::size_t read_proved(const PackageToLink& package, const archive::UnpackedFile& file, std::string& buffer);

/// A file of the cache is not what was unpacked there.
[[noreturn]] void throw_cache_changed(const PackageToLink& package, const archive::UnpackedFile& file);

}  // namespace envlock::prefix
