// Bytes as a cache file. The first byte says whether its checksum is mended first, so that the checks behind it are
// reached as well.
#include <cstdint>
#include <cstring>
#include <string>

#include "hash_text.h"
#include "slice_table.h"

using namespace envlock;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 1 && bytes.size() >= 24) {
    const std::uint64_t total = bytes.size();
    std::memcpy(bytes.data() + 16, &total, sizeof total);
    const std::uint64_t checksum = channel::hash_text(std::string_view(bytes).substr(16));
    std::memcpy(bytes.data() + 8, &checksum, sizeof checksum);
  }
  const auto table = channel::SliceTable::from_bytes(bytes);
  if (!table) return 0;
  for (std::uint32_t i = 0; i < table->name_count(); ++i) {
    for (const channel::Slice& slice : table->find(table->name(i))) {
      if (slice.offset + slice.length > table->document_size()) __builtin_trap();
    }
  }
  table->info();
  return 0;
}
