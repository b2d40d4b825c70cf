// Bytes as a compressed index of shards (CEP 16), and the same bytes as what such an index unpacks to.
#include <zstd.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "envlock/core/diagnostic.h"
#include "shard_source.h"

using namespace envlock;

namespace {

void parse(std::string_view packed) {
  try {
    const channel::ShardSource source(channel::parse_shard_index(packed, "fuzz"), {"/nowhere"});
    std::vector<std::string> names;
    source.append_names(names);
    source.downloads(names);
  } catch (const core::Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  parse({reinterpret_cast<const char*>(data), size});
  std::string packed(ZSTD_compressBound(size), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), data, size, 1));
  parse(packed);
  return 0;
}
