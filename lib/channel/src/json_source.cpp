#include "json_source.h"

#include "slicer.h"

namespace envlock::channel {
namespace {

bool has_records(std::span<const Slice> slices) {
  for (const Slice& slice : slices) {
    if (slice.section != static_cast<std::uint32_t>(Section::removed)) return true;
  }
  return false;
}

}  // namespace

JsonSource::JsonSource(OpenFile document, SliceTable table)
    : document_(std::move(document)), table_(std::move(table)) {}

bool JsonSource::contains(std::string_view name) const {
  return has_records(table_.find(name));
}

void JsonSource::append_names(std::vector<std::string>& names) const {
  for (std::uint32_t i = 0; i < table_.name_count(); ++i) {
    if (has_records(table_.slices(i))) names.emplace_back(table_.name(i));
  }
}

void JsonSource::fail(std::uint64_t offset, const std::string& reason) const {
  if (on_damage) on_damage();
  throw invalid_repodata(label, offset, reason);
}

void JsonSource::load(const Slice& slice, JsonRecordReader& reader) const {
  if (!document_.read_at(slice.offset, reader.prepare(slice.length), slice.length)) {
    fail(slice.offset, "the document became shorter while it was read");
  }
}

void JsonSource::visit(std::string_view name, ReadScratch& scratch, const RecordVisitor& visitor) const {
  for (const Slice& slice : table_.find(name)) {
    load(slice, scratch.json);
    std::uint64_t error_at = 0;
    const bool sound = slice.section == static_cast<std::uint32_t>(Section::removed)
                           ? scratch.json.read_removed(slice, visitor.removed, error_at)
                           : scratch.json.read(slice, visitor.record, error_at);
    if (!sound) fail(error_at, "a record is not valid JSON");
  }
}

conda::PackageRecord JsonSource::read(std::string_view, const RecordPlace& place) const {
  JsonRecordReader reader;
  const Slice slice{place.offset, place.length, static_cast<std::uint32_t>(place.section)};
  load(slice, reader);
  conda::PackageRecord found;
  std::uint64_t error_at = 0;
  const bool sound = reader.read(
      slice, [&found](RecordView& view, const RecordPlace&) { found = to_package_record(view); }, error_at);
  if (!sound || found.file_name.empty()) fail(error_at, "a record is not valid JSON");
  return found;
}

}  // namespace envlock::channel
