#include "record_json.h"

#include <simdjson.h>

#include <cmath>
#include <cstring>

namespace envlock::channel {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

/// A field's value has another type or range than it may have; the JSON itself is sound.
struct WrongType {};
/// The JSON is broken.
struct BrokenJson {};

template <typename T>
T get(simdjson::simdjson_result<T> result) {
  T value;
  const error_code error = std::move(result).get(value);
  if (error == simdjson::SUCCESS) return value;
  if (error == simdjson::INCORRECT_TYPE || error == simdjson::NUMBER_OUT_OF_RANGE || error == simdjson::NUMBER_ERROR) {
    throw WrongType{};
  }
  throw BrokenJson{};
}

bool is_null(ondemand::value& value) {
  return get(value.type()) == ondemand::json_type::null;
}

std::optional<std::int64_t> read_time(ondemand::value& value) {
  ondemand::number number = get(value.get_number());
  if (number.is_int64()) return number.get_int64();
  if (!number.is_double()) throw WrongType{};
  const double seconds = number.get_double();
  if (!(std::fabs(seconds) < 9e15)) throw WrongType{};
  return static_cast<std::int64_t>(seconds);
}

void read_texts(ondemand::value& value, std::vector<std::string_view>& texts) {
  texts.clear();
  bool wrong = false;
  // The whole array is walked even when an item is wrong, so that the record after this one is found.
  for (auto item : get(value.get_array())) {
    ondemand::value text = get(std::move(item));
    if (get(text.type()) == ondemand::json_type::string) {
      texts.push_back(get(text.get_string()));
    } else {
      wrong = true;
    }
  }
  if (wrong) throw WrongType{};
}

template <typename Hash>
void read_hash(ondemand::value& value, std::optional<Hash> (*parse)(std::string_view), std::optional<Hash>& hash,
               RecordView& record) {
  const std::string_view text = get(value.get_string());
  if (sizeof(Hash) == sizeof(core::Sha256)) record.sha256_text = text;
  if (!record.want_hashes) {
    if (!is_hex(text, 2 * sizeof(Hash))) record.bad_hash = true;
    return;
  }
  hash = parse(text);
  if (!hash) record.bad_hash = true;
}

void read_field(Field field, ondemand::value& value, RecordView& record) {
  if (is_null(value)) {
    // Null is how old indexes write "not there"; only what identifies a record must be there, which check() sees.
    return;
  }
  switch (field) {
    case Field::none:
      return;
    case Field::name:
      record.name = get(value.get_string());
      return;
    case Field::version:
      record.version = get(value.get_string());
      return;
    case Field::build:
      record.build = get(value.get_string());
      return;
    case Field::build_number:
      record.build_number = get(value.get_uint64());
      return;
    case Field::depends:
      return read_texts(value, record.depends);
    case Field::constrains:
      return read_texts(value, record.constrains);
    case Field::sha256:
      return read_hash(value, core::parse_sha256, record.sha256, record);
    case Field::md5:
      return read_hash(value, core::parse_md5, record.md5, record);
    case Field::size:
      record.size = get(value.get_uint64());
      return;
    case Field::license:
      record.license = get(value.get_string());
      return;
    case Field::timestamp:
      record.timestamp = milliseconds_of(*read_time(value));
      return;
    case Field::indexed_timestamp:
      record.indexed_timestamp = milliseconds_of(*read_time(value));
      return;
    case Field::track_features:
      if (get(value.type()) == ondemand::json_type::array) return read_texts(value, record.track_features);
      record.track_features.assign(1, get(value.get_string()));
      return;
    case Field::noarch:
      if (get(value.type()) == ondemand::json_type::boolean) {
        record.noarch = get(value.get_bool()) ? "generic" : "";
        return;
      }
      record.noarch = get(value.get_string());
      if (record.noarch != "generic" && record.noarch != "python" && !record.noarch.empty()) throw WrongType{};
      return;
    case Field::python_site_packages_path:
      record.python_site_packages_path = get(value.get_string());
      return;
  }
}

void read_record(ondemand::value& value, RecordView& record) {
  if (get(value.type()) != ondemand::json_type::object) {
    record.wrong = Field::none;
    return;
  }
  for (auto item : get(value.get_object())) {
    ondemand::field field = get(std::move(item));
    // No key that we know has an escape, so the raw text up to the first quote is enough.
    const char* raw = field.key().raw();
    const auto* quote = static_cast<const char*>(std::memchr(raw, '"', 64));
    const Field known = quote == nullptr ? Field::none : field_of({raw, static_cast<std::size_t>(quote - raw)});
    if (known == Field::none) continue;
    try {
      ondemand::value inside = field.value();
      read_field(known, inside, record);
    } catch (const WrongType&) {
      if (record.wrong == Field::none) record.wrong = known;
    }
  }
}

}  // namespace

struct JsonRecordReader::State {
  ondemand::parser parser;
  ondemand::document document;
  std::vector<char> buffer;
  std::size_t size = 0;
  RecordView record;

  /// The slice wrapped in brackets, so that it is a document.
  simdjson::error_code open(char first, char last) {
    buffer[0] = first;
    buffer[size + 1] = last;
    std::memset(buffer.data() + size + 2, ' ', simdjson::SIMDJSON_PADDING);
    return parser.iterate(buffer.data(), size + 2, buffer.size()).get(document);
  }
};

JsonRecordReader::JsonRecordReader(bool want_hashes) : state_(std::make_unique<State>()) {
  state_->record.want_hashes = want_hashes;
}
JsonRecordReader::~JsonRecordReader() = default;
JsonRecordReader::JsonRecordReader(JsonRecordReader&&) noexcept = default;

char* JsonRecordReader::prepare(std::size_t size) {
  const std::size_t needed = size + 2 + simdjson::SIMDJSON_PADDING;
  if (state_->buffer.size() < needed) state_->buffer.resize(needed);
  state_->size = size;
  return state_->buffer.data() + 1;
}

bool JsonRecordReader::read(const Slice& slice, const std::function<void(RecordView&, const RecordPlace&)>& take,
                            std::uint64_t& error_at) {
  error_at = slice.offset;
  if (state_->open('{', '}') != simdjson::SUCCESS) return false;
  const char* start = state_->buffer.data() + 1;
  const auto section = static_cast<Section>(slice.section);
  try {
    for (auto item : get(state_->document.get_object())) {
      ondemand::field field = get(std::move(item));
      const auto begin = static_cast<std::uint64_t>(field.key().raw() - 1 - start);
      error_at = slice.offset + begin;
      RecordView& record = state_->record;
      record.clear();
      ondemand::value value = field.value();
      const bool is_object = get(value.type()) == ondemand::json_type::object;
      const std::string_view key = get(field.unescaped_key());
      record.set_key(key, section);
      if (is_object) read_record(value, record);
      const char* here = get(state_->document.current_location());
      const auto end = static_cast<std::uint64_t>(here - start);
      take(record, {slice.offset + begin, static_cast<std::uint32_t>(end - begin), section});
    }
  } catch (const WrongType&) {
    return false;
  } catch (const BrokenJson&) {
    return false;
  }
  return true;
}

bool JsonRecordReader::read_removed(const Slice& slice, const std::function<void(std::string_view)>& take,
                                    std::uint64_t& error_at) {
  error_at = slice.offset;
  if (state_->open('[', ']') != simdjson::SUCCESS) return false;
  try {
    for (auto item : get(state_->document.get_array())) {
      ondemand::value text = get(std::move(item));
      take(get(text.get_string()));
    }
  } catch (const WrongType&) {
    return false;
  } catch (const BrokenJson&) {
    return false;
  }
  return true;
}

}  // namespace envlock::channel
