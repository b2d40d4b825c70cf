#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/file.h"
#include "note_groups.h"
#include "text_pool.h"

namespace envlock::channel {

/// Which part of a repodata document a slice comes from. v3: the keys lack their extension (CEP 48).
enum class Section : std::uint8_t { conda, tar_bz2, v3_conda, v3_tar_bz2, removed };
inline constexpr int kSectionCount = 5;

/// Neighbouring records of one name: bytes of a document that would be an object's inside, `"file": {...}, "file":
/// {...}` (an array's inside for `removed`).
struct Slice {
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
  std::uint32_t section = 0;
  std::uint64_t hash = 0;  ///< hash_text of its bytes, see SliceTable::set_hashes
};

/// What a repodata document says besides its records.
struct DocumentInfo {
  std::string base_url;
  std::vector<std::string> relations;  ///< channels that CEP 42 relations name
  NoteGroups flaws;                    ///< found while slicing
};

/// The names of one repodata document, sorted, each with its slices in order of offset. One block of bytes, the same in
/// memory and in the cache file, so that a later run maps it and touches only the pages it needs.
class SliceTable {
 public:
  SliceTable() = default;
  /// Absent when the bytes are not a whole, undamaged table of this version: they are outside input.
  static std::optional<SliceTable> from_file(core::MappedFile file);
  static std::optional<SliceTable> from_bytes(std::string bytes);

  std::uint32_t name_count() const { return name_count_; }
  std::string_view name(std::uint32_t index) const;
  std::span<const Slice> slices(std::uint32_t index) const;
  /// The slices of a name; empty when the document does not hold it.
  std::span<const Slice> find(std::string_view name) const;
  /// The size of the document that the slices point into.
  std::uint64_t document_size() const { return document_size_; }
  DocumentInfo info() const;
  /// Fills in the hashes of a table that was just made.
  void set_hashes(const std::function<std::uint64_t(const Slice&)>& hash_of);
  std::string_view bytes() const { return view(); }

 private:
  friend class SliceTableBuilder;
  bool attach();
  std::string_view view() const { return owned_.empty() ? mapped_.bytes() : std::string_view(owned_); }

  core::MappedFile mapped_;
  std::string owned_;
  std::uint64_t document_size_ = 0;
  std::uint32_t name_count_ = 0;
  std::uint32_t slice_count_ = 0;
  std::size_t names_at_ = 0;
  std::size_t slices_at_ = 0;
  std::size_t texts_at_ = 0;
  std::size_t texts_size_ = 0;
  std::size_t info_at_ = 0;
  std::size_t info_size_ = 0;
};

/// Collects what a scan finds.
class SliceTableBuilder {
 public:
  /// One record of `name` at [offset, end). Grows the last slice when `adjacent` (the record before it in the document
  /// was of the same object and was kept) and it has the same name.
  void add(std::string_view name, Section section, std::uint64_t offset, std::uint64_t end, bool adjacent);
  SliceTable finish(std::uint64_t document_size, const DocumentInfo& info) &&;

  /// Slices of more bytes than this are not grown.
  static constexpr std::uint32_t kSliceTarget = 256 << 10;

 private:
  struct Entry {
    Slice slice;
    std::uint32_t name;
  };
  TextPool names_;
  std::vector<Entry> entries_;
};

}  // namespace envlock::channel
