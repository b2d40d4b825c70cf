// Bytes as an unpacked shard; each record that it yields is read again from its place.
#include <cstdint>
#include <string_view>

#include "record_msgpack.h"

using namespace envlock;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view shard(reinterpret_cast<const char*>(data), size);
  channel::RecordView record;
  channel::RecordView again;
  std::uint64_t error_at = 0;
  channel::read_shard(
      shard, record,
      [&](channel::RecordView& found, const channel::RecordPlace& place) {
        const bool sound = !channel::check(found);
        if (!channel::read_shard_record(shard, place, again)) __builtin_trap();
        if (again.file_name != found.file_name || again.depends != found.depends) __builtin_trap();
        if (sound && channel::to_package_record(found) != channel::to_package_record(again)) __builtin_trap();
      },
      [](std::string_view) {}, error_at);
  return 0;
}
