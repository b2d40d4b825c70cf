#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "msgpack_reader.h"
#include "record_json.h"
#include "record_view.h"

namespace envlock::channel {

/// Reads the records and removed file names of a shard (CEP 16). False when the bytes are no such document; `error_at`
/// is then where.
bool read_shard(std::string_view shard, RecordView& record,
                const std::function<void(RecordView&, const RecordPlace&)>& take,
                const std::function<void(std::string_view)>& take_removed, std::uint64_t& error_at);

/// Reads one record at a place that read_shard told.
bool read_shard_record(std::string_view shard, const RecordPlace& place, RecordView& record);

/// A hash as raw bytes, as hex text, or as an array of integers, whose items the cursor still stands before. Absent for
/// anything else; the cursor ends behind the value unless the bytes are broken.
template <std::size_t N>
std::optional<core::Digest<N>> read_digest(MsgpackReader& reader, const MsgpackReader::Value& head, bool& broken);

extern template std::optional<core::Sha256> read_digest(MsgpackReader&, const MsgpackReader::Value&, bool&);
extern template std::optional<core::Md5> read_digest(MsgpackReader&, const MsgpackReader::Value&, bool&);

}  // namespace envlock::channel
