#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "byte_source.h"
#include "record_source.h"
#include "slice_table.h"

namespace envlock::channel {

/// A repodata document on disk with the table of its slices. Bytes that differ from those that were sliced are noticed
/// when they are read: then the document is made anew, once.
class JsonSource final : public RecordSource {
 public:
  JsonSource(OpenFile document, SliceTable table);
  /// Called before an error about the document's text is thrown.
  std::function<void()> on_damage;
  /// Makes the document anew from what it came from; absent when that is damaged too. The table holds for both.
  std::function<std::optional<OpenFile>(const SliceTable&)> remake;
  bool contains(std::string_view name) const override;
  void append_names(std::vector<std::string>& names) const override;
  void visit(std::string_view name, ReadScratch& scratch, const RecordVisitor& visitor) const override;
  conda::PackageRecord read(std::string_view name, const RecordPlace& place) const override;

 private:
  [[noreturn]] void fail(std::uint64_t offset, const std::string& reason) const;
  std::shared_ptr<const OpenFile> document() const;
  std::shared_ptr<const OpenFile> mended(const OpenFile* damaged, std::uint64_t offset) const;
  const char* load(const OpenFile& document, const Slice& slice, JsonRecordReader& reader) const;
  void load_checked(const Slice& slice, JsonRecordReader& reader) const;

  mutable std::mutex mutex_;
  mutable std::shared_ptr<const OpenFile> document_;
  mutable bool remade_ = false;
  SliceTable table_;
};

}  // namespace envlock::channel
