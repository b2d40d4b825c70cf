#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "record_view.h"

namespace envlock::channel {

/// Where a record lies in its document (JSON) or its shard (msgpack).
struct RecordPlace {
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
  Section section = Section::conda;
};

/// Reads slices of a JSON document with simdjson. One per thread; keeps its buffers.
class JsonRecordReader {
 public:
  /// `want_hashes` false: records come with their hashes checked, but absent.
  explicit JsonRecordReader(bool want_hashes = true);
  ~JsonRecordReader();
  JsonRecordReader(JsonRecordReader&&) noexcept;

  /// A buffer for a slice of `size` bytes, to be filled before read.
  char* prepare(std::size_t size);
  /// Calls `take` with each record of the prepared slice, in order; views live until the next prepare. Places are
  /// offsets in the document. False when the bytes are no JSON: `error_at` is then the offset of the record at fault.
  bool read(const Slice& slice, const std::function<void(RecordView&, const RecordPlace&)>& take,
            std::uint64_t& error_at);
  /// Likewise the file names of a slice of `removed`.
  bool read_removed(const Slice& slice, const std::function<void(std::string_view)>& take, std::uint64_t& error_at);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace envlock::channel
