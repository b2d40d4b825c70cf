#include "record_msgpack.h"

#include <algorithm>
#include <cmath>

namespace envlock::channel {
namespace {

using Kind = MsgpackReader::Kind;
using Value = MsgpackReader::Value;

/// The bytes are no msgpack; whole documents are refused for it.
struct Broken {};

Value next(MsgpackReader& reader) {
  Value value = reader.next();
  if (value.kind == Kind::broken) throw Broken{};
  return value;
}

std::optional<core::Sha256> parse_hex(std::string_view text, core::Sha256*) {
  return core::parse_sha256(text);
}
std::optional<core::Md5> parse_hex(std::string_view text, core::Md5*) {
  return core::parse_md5(text);
}

/// Reads fields into a record. Each method reads one whole value, whatever its kind, and returns false for a wrong one.
class FieldReader {
 public:
  FieldReader(MsgpackReader& reader, RecordView& record) : reader_(reader), record_(record) {}

  bool read(Field field) {
    const Value value = next(reader_);
    if (value.kind == Kind::nil) return true;
    switch (field) {
      case Field::none:
        return rest(value), true;
      case Field::name:
        return text(value, record_.name);
      case Field::version:
        return text(value, record_.version);
      case Field::build:
        return text(value, record_.build);
      case Field::build_number:
        return count(value, record_.build_number);
      case Field::depends:
        return texts(value, record_.depends);
      case Field::constrains:
        return texts(value, record_.constrains);
      case Field::sha256:
        return hash(value, record_.sha256);
      case Field::md5:
        return hash(value, record_.md5);
      case Field::size: {
        std::uint64_t size = 0;
        if (!count(value, size)) return false;
        record_.size = size;
        return true;
      }
      case Field::license:
        return text(value, record_.license);
      case Field::timestamp:
        return time(value, record_.timestamp);
      case Field::indexed_timestamp:
        return time(value, record_.indexed_timestamp);
      case Field::track_features:
        if (value.kind == Kind::array) return texts(value, record_.track_features);
        record_.track_features.assign(1, {});
        return text(value, record_.track_features.front());
      case Field::noarch:
        if (value.kind == Kind::boolean) {
          record_.noarch = value.boolean ? "generic" : "";
          return true;
        }
        return text(value, record_.noarch) &&
               (record_.noarch.empty() || record_.noarch == "generic" || record_.noarch == "python");
      case Field::python_site_packages_path:
        return text(value, record_.python_site_packages_path);
    }
    return false;
  }

 private:
  void rest(const Value& value) {
    if (!reader_.skip_rest(value)) throw Broken{};
  }

  template <typename Text>
  bool text(const Value& value, Text& to) {
    rest(value);
    if (value.kind != Kind::text) return false;
    to = value.bytes;
    return true;
  }

  bool count(const Value& value, std::uint64_t& to) {
    rest(value);
    if (value.kind != Kind::integer || (value.integer < 0 && !value.above_int64)) return false;
    to = static_cast<std::uint64_t>(value.integer);
    return true;
  }

  bool time(const Value& value, std::optional<core::Milliseconds>& to) {
    rest(value);
    if (value.kind == Kind::floating && std::fabs(value.floating) < 9e15) {
      to = milliseconds_of(static_cast<std::int64_t>(value.floating));
      return true;
    }
    if (value.kind != Kind::integer || value.above_int64) return false;
    to = milliseconds_of(value.integer);
    return true;
  }

  bool texts(const Value& value, std::vector<std::string_view>& to) {
    to.clear();
    if (value.kind != Kind::array) return rest(value), false;
    bool sound = true;
    for (std::uint64_t i = 0; i < value.count; ++i) {
      const Value item = next(reader_);
      rest(item);
      sound = sound && item.kind == Kind::text;
      to.push_back(item.bytes);
    }
    return sound;
  }

  template <std::size_t N>
  bool hash(const Value& value, std::optional<core::Digest<N>>& to) {
    const bool plausible = value.kind == Kind::binary || value.kind == Kind::text || value.kind == Kind::array;
    bool broken = false;
    to = read_digest<N>(reader_, value, broken);
    if (broken) throw Broken{};
    if (!to && plausible) record_.bad_hash = true;
    return plausible;
  }

  MsgpackReader& reader_;
  RecordView& record_;
};

/// The cursor stands behind the key.
void read_record(MsgpackReader& reader, RecordView& record) {
  const Value head = next(reader);
  if (head.kind != Kind::map) {
    if (!reader.skip_rest(head)) throw Broken{};
    return;
  }
  FieldReader fields(reader, record);
  for (std::uint64_t i = 0; i < head.count; ++i) {
    const Value key = next(reader);
    if (!reader.skip_rest(key)) throw Broken{};
    const Field field = key.kind == Kind::text ? field_of(key.bytes) : Field::none;
    if (!fields.read(field) && record.wrong == Field::none) record.wrong = field;
  }
}

class ShardReader {
 public:
  ShardReader(std::string_view shard, RecordView& record,
              const std::function<void(RecordView&, const RecordPlace&)>& take,
              const std::function<void(std::string_view)>& take_removed)
      : reader_(shard), record_(record), take_(take), take_removed_(take_removed) {}

  void run() {
    const Value head = next(reader_);
    if (head.kind != Kind::map) throw Broken{};
    for (std::uint64_t i = 0; i < head.count; ++i) {
      const Value key = next(reader_);
      if (key.kind != Kind::text) throw Broken{};
      if (key.bytes == "packages") {
        records(Section::tar_bz2);
      } else if (key.bytes == "packages.conda") {
        records(Section::conda);
      } else if (key.bytes == "removed") {
        removed();
      } else if (key.bytes == "v3") {
        v3();
      } else if (!reader_.skip()) {
        throw Broken{};
      }
    }
  }

  std::size_t offset() const { return reader_.offset(); }

 private:
  void records(Section section) {
    const Value head = next(reader_);
    if (head.kind == Kind::nil) return;
    if (head.kind != Kind::map) throw Broken{};
    for (std::uint64_t i = 0; i < head.count; ++i) {
      const std::size_t begin = reader_.offset();
      const Value key = next(reader_);
      if (key.kind != Kind::text) throw Broken{};
      record_.clear();
      record_.set_key(key.bytes, section);
      read_record(reader_, record_);
      take_(record_, {begin, static_cast<std::uint32_t>(reader_.offset() - begin), section});
    }
  }

  void removed() {
    const Value head = next(reader_);
    if (head.kind == Kind::nil) return;
    if (head.kind != Kind::array) throw Broken{};
    for (std::uint64_t i = 0; i < head.count; ++i) {
      const Value item = next(reader_);
      if (item.kind != Kind::text) throw Broken{};
      take_removed_(item.bytes);
    }
  }

  void v3() {
    const Value head = next(reader_);
    if (head.kind == Kind::nil) return;
    if (head.kind != Kind::map) throw Broken{};
    for (std::uint64_t i = 0; i < head.count; ++i) {
      const Value key = next(reader_);
      if (key.kind != Kind::text) throw Broken{};
      if (key.bytes == "conda") {
        records(Section::v3_conda);
      } else if (key.bytes == "tar.bz2") {
        records(Section::v3_tar_bz2);
      } else if (!reader_.skip()) {
        throw Broken{};
      }
    }
  }

  MsgpackReader reader_;
  RecordView& record_;
  const std::function<void(RecordView&, const RecordPlace&)>& take_;
  const std::function<void(std::string_view)>& take_removed_;
};

}  // namespace

template <std::size_t N>
std::optional<core::Digest<N>> read_digest(MsgpackReader& reader, const Value& head, bool& broken) {
  core::Digest<N> digest;
  if (head.kind == Kind::binary && head.bytes.size() == N) {
    std::copy(head.bytes.begin(), head.bytes.end(), digest.bytes.begin());
    return digest;
  }
  if (head.kind == Kind::text) return parse_hex(head.bytes, static_cast<core::Digest<N>*>(nullptr));
  if (head.kind == Kind::array && head.count == N) {
    bool sound = true;
    for (std::size_t i = 0; i < N; ++i) {
      const Value item = reader.next();
      if (!reader.skip_rest(item)) return broken = true, std::nullopt;
      sound = sound && item.kind == Kind::integer && item.integer >= 0 && item.integer <= 255;
      digest.bytes[i] = static_cast<std::uint8_t>(item.integer);
    }
    if (sound) return digest;
    return std::nullopt;
  }
  if (!reader.skip_rest(head)) broken = true;
  return std::nullopt;
}

template std::optional<core::Sha256> read_digest(MsgpackReader&, const MsgpackReader::Value&, bool&);
template std::optional<core::Md5> read_digest(MsgpackReader&, const MsgpackReader::Value&, bool&);

bool read_shard(std::string_view shard, RecordView& record,
                const std::function<void(RecordView&, const RecordPlace&)>& take,
                const std::function<void(std::string_view)>& take_removed, std::uint64_t& error_at) {
  ShardReader reader(shard, record, take, take_removed);
  try {
    reader.run();
  } catch (const Broken&) {
    error_at = reader.offset();
    return false;
  }
  return true;
}

bool read_shard_record(std::string_view shard, const RecordPlace& place, RecordView& record) {
  if (place.offset > shard.size() || place.length > shard.size() - place.offset) return false;
  MsgpackReader reader(shard.substr(place.offset, place.length));
  try {
    const Value key = next(reader);
    if (key.kind != Kind::text) return false;
    record.clear();
    record.set_key(key.bytes, place.section);
    read_record(reader, record);
  } catch (const Broken&) {
    return false;
  }
  return true;
}

}  // namespace envlock::channel
