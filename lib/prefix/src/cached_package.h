#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "planned_file.h"

namespace envlock::prefix {

/// Fills `package.manifest` from the unpacked info/ files, each held against its hash.
/// Throws: core::Error "package-invalid", "cache-changed".
void read_cached_manifest(PackageToLink& package);

/// Opens the folders of the cached files, so that the way to each file is short.
void open_cached_folders(std::vector<PackageToLink>& packages);

/// Proves the files that will be linked, copied or rewritten: by their stamps, else by hashing them. Those whose mode
/// or time is another than the archive's will be copied, not linked: a link would show it.
/// Throws: core::Error "cache-changed".
void prove_cached_files(const std::vector<PackageToLink>& packages, std::vector<PlannedFile>& files,
                        const archive::PackageCache& cache, std::size_t threads);

/// Bytes that are used again and again: fresh memory costs as much as reading into it.
class ByteBuffer {
 public:
  /// Room for so many bytes; what was in it may be lost.
  char* room_for(std::size_t size);
  char* data() const { return bytes_.get(); }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};

/// Reads a cached file that was proved to the start of `buffer`. Returns the size.
/// Throws: core::Error "cache-changed" when the file is gone or its size is another.
std::size_t read_proved(const PackageToLink& package, const archive::UnpackedFile& file, ByteBuffer& buffer);

/// A file of the cache is not what was unpacked there.
[[noreturn]] void throw_cache_changed(const PackageToLink& package, const archive::UnpackedFile& file);

}  // namespace envlock::prefix
