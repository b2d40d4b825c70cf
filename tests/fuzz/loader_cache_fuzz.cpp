// The dynamic linker's index: whatever is in it, reading ends and stays within it.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "loader_cache.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock::blas;
  const std::vector<char> bytes(data, data + size);
  const auto cache = parse_loader_cache(std::string_view(bytes.data(), bytes.size()));
  for (const CachedLibrary& library : cache) {
    // The one that is found may be another of that name, or none for this processor; it is one of them.
    const std::string path = find_cached(cache, library.name);
    if (path.empty() && library.level.empty() && !library.path.empty()) std::abort();
    if (cache.size() > 1000) break;
  }
  return 0;
}
