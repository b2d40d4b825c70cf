// Bytes as a repodata document: sliced, then every record of every name read from its slice.
#include <cstdint>
#include <string_view>

#include "envlock/core/diagnostic.h"
#include "record_json.h"
#include "record_view.h"
#include "slicer.h"

using namespace envlock;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view document(reinterpret_cast<const char*>(data), size);
  try {
    const channel::SliceTable table = channel::slice_repodata(document, "fuzz");
    channel::JsonRecordReader reader;
    for (std::uint32_t i = 0; i < table.name_count(); ++i) {
      for (const channel::Slice& slice : table.slices(i)) {
        document.copy(reader.prepare(slice.length), slice.length, slice.offset);
        std::uint64_t error_at = 0;
        if (slice.section == static_cast<std::uint32_t>(channel::Section::removed)) {
          reader.read_removed(
              slice, [](std::string_view) {}, error_at);
          continue;
        }
        reader.read(
            slice,
            [&](channel::RecordView& record, const channel::RecordPlace& place) {
              if (place.offset + place.length > size) __builtin_trap();
              if (!channel::check(record)) channel::to_package_record(record);
            },
            error_at);
      }
    }
  } catch (const core::Error&) {
  }
  return 0;
}
