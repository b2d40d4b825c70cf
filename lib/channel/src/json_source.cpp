#include "json_source.h"

#include <utility>

#include "hash_text.h"
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
    : document_(std::make_shared<const OpenFile>(std::move(document))), table_(std::move(table)) {}

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

std::shared_ptr<const OpenFile> JsonSource::document() const {
  const std::lock_guard lock(mutex_);
  return document_;
}

/// The document in place of a damaged one. Several threads may have seen the same damage: one of them remakes it.
std::shared_ptr<const OpenFile> JsonSource::mended(const OpenFile* damaged, std::uint64_t offset) const {
  const std::lock_guard lock(mutex_);
  if (document_.get() != damaged) return document_;
  std::optional<OpenFile> again;
  try {
    if (remake && !std::exchange(remade_, true)) again = remake(table_);
  } catch (const core::Error&) {  // NOLINT: what it came from is damaged too, which is told below
  }
  if (!again) fail(offset, "the document changed after it was read");
  document_ = std::make_shared<const OpenFile>(std::move(*again));
  return document_;
}

/// The slice's bytes in the reader's buffer; null when the file ends before.
const char* JsonSource::load(const OpenFile& document, const Slice& slice, JsonRecordReader& reader) const {
  char* const to = reader.prepare(slice.length);
  return document.read_at(slice.offset, to, slice.length) ? to : nullptr;
}

void JsonSource::load_checked(const Slice& slice, JsonRecordReader& reader) const {
  for (std::shared_ptr<const OpenFile> from = document();; from = mended(from.get(), slice.offset)) {
    const char* const bytes = load(*from, slice, reader);
    if (bytes != nullptr && hash_text({bytes, slice.length}) == slice.hash) return;
  }
}

void JsonSource::visit(std::string_view name, ReadScratch& scratch, const RecordVisitor& visitor) const {
  for (const Slice& slice : table_.find(name)) {
    load_checked(slice, scratch.json);
    std::uint64_t error_at = 0;
    const bool sound = slice.section == static_cast<std::uint32_t>(Section::removed)
                           ? scratch.json.read_removed(slice, visitor.removed, error_at)
                           : scratch.json.read(slice, visitor.record, error_at);
    if (!sound) fail(error_at, "a record is not valid JSON");
  }
}

conda::PackageRecord JsonSource::read(std::string_view, const RecordPlace& place) const {
  JsonRecordReader reader;
  const Slice slice{place.offset, place.length, static_cast<std::uint32_t>(place.section), 0};
  // A place comes from visit(), which has checked the slice around it.
  if (load(*document(), slice, reader) == nullptr) {
    fail(slice.offset, "the document became shorter while it was read");
  }
  conda::PackageRecord found;
  std::uint64_t error_at = 0;
  const bool sound = reader.read(
      slice, [&found](RecordView& view, const RecordPlace&) { found = to_package_record(view); }, error_at);
  if (!sound || found.file_name.empty()) fail(error_at, "a record is not valid JSON");
  return found;
}

}  // namespace envlock::channel
