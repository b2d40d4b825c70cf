#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/conda/package_record.h"
#include "note_groups.h"
#include "slice_table.h"

namespace envlock::channel {

/// The fields of a record that we read, in one list for JSON and msgpack.
enum class Field : std::uint8_t {
  none,
  name,
  version,
  build,
  build_number,
  depends,
  constrains,
  sha256,
  md5,
  size,
  license,
  timestamp,
  indexed_timestamp,
  track_features,
  noarch,
  python_site_packages_path,
};
Field field_of(std::string_view key);
const char* name_of(Field field);

/// One record as its document has it, before anything is copied. Views live as long as the reader's buffer. Reused from
/// record to record, so that its vectors keep their memory.
struct RecordView {
  std::string_view file_name;  ///< with extension
  std::optional<std::string_view> name;
  std::optional<std::string_view> version;
  std::optional<std::string_view> build;
  std::uint64_t build_number = 0;
  std::vector<std::string_view> depends;
  std::vector<std::string_view> constrains;
  std::optional<core::Sha256> sha256;
  std::string_view sha256_text;  ///< as written in JSON
  std::optional<core::Md5> md5;
  std::optional<std::uint64_t> size;
  std::string_view license;
  std::optional<core::Milliseconds> timestamp;
  std::optional<core::Milliseconds> indexed_timestamp;
  std::vector<std::string_view> track_features;  ///< as written: texts that may hold several features
  std::string_view noarch;
  std::string_view python_site_packages_path;

  bool want_hashes = true;    ///< false: hashes are checked but not kept, which is faster; clear() leaves it
  Field wrong = Field::none;  ///< the first field of a wrong type
  bool bad_hash = false;
  std::string file_name_buffer;  ///< where a v3 key got its extension

  void clear();
  void set_key(std::string_view key, Section section);
};

/// True for hexadecimal text of `digits` digits.
bool is_hex(std::string_view text, std::size_t digits);

/// Seconds or milliseconds, told apart as rattler and conda do, as milliseconds.
core::Milliseconds milliseconds_of(std::int64_t timestamp);

/// Checks what must hold whatever the encoding: required fields, and that the file name tells the truth. Nothing when
/// the record is sound.
struct Complaint {
  Flaw flaw;
  std::string example;
};
std::optional<Complaint> check(const RecordView& record);

/// The features of `texts`, one each, sorted, without duplicates.
std::vector<std::string> split_features(const std::vector<std::string_view>& texts);

/// Name in lower case, `buffer` holding it when it had to change.
std::string_view lower_name(std::string_view name, std::string& buffer);

/// A copy that owns its texts; channel, subdir and url are the caller's.
conda::PackageRecord to_package_record(const RecordView& record);

}  // namespace envlock::channel
