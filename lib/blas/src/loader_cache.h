// The dynamic linker's index of libraries, /etc/ld.so.cache, as ldconfig writes it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::blas {

/// Processor levels of glibc-hwcaps that this machine has, best first: "x86-64-v3", "x86-64-v2".
const std::vector<std::string>& machine_levels();

struct CachedLibrary {
  std::string name;
  std::string path;
  std::string level;  ///< "x86-64-v3"; empty: for every machine

  bool operator==(const CachedLibrary&) const = default;
};

/// The entries for this kind of machine, in the order of the file. Empty when the text is no such index.
/// Source: glibc, sysdeps/generic/dl-cache.h ("glibc-ld.so.cache1.1", alone or behind "ld.so-1.7.0").
std::vector<CachedLibrary> parse_loader_cache(std::string_view bytes);

/// Those of a file; none where there is no such file, or it may not be read.
std::vector<CachedLibrary> read_loader_cache(const std::filesystem::path& path);

/// Where the index has `name`: the best level of this machine. Empty when it is not there.
std::string find_cached(const std::vector<CachedLibrary>& cache, std::string_view name);

}  // namespace envlock::blas
