#pragma once

#include "byte_source.h"
#include "record_source.h"
#include "slice_table.h"

namespace envlock::channel {

/// A repodata document on disk with the table of its slices.
class JsonSource final : public RecordSource {
 public:
  JsonSource(OpenFile document, SliceTable table);
  /// Called before an error about the document's text is thrown.
  std::function<void()> on_damage;
  bool contains(std::string_view name) const override;
  void append_names(std::vector<std::string>& names) const override;
  void visit(std::string_view name, ReadScratch& scratch, const RecordVisitor& visitor) const override;
  conda::PackageRecord read(std::string_view name, const RecordPlace& place) const override;

 private:
  [[noreturn]] void fail(std::uint64_t offset, const std::string& reason) const;
  void load(const Slice& slice, JsonRecordReader& reader) const;

  OpenFile document_;
  SliceTable table_;
};

}  // namespace envlock::channel
