#include "record_json.h"

#include "envlock/core/digest.h"
#include "envlock/core/time.h"
#include "json_parts.h"

namespace envlock::report {
namespace {

void write_identity_members(core::JsonWriter& json, const conda::PackageRecord& record) {
  json.member("name", record.name);
  json.member("version", record.version);
  json.member("build", record.build);
  write_text(json, "channel", record.channel);
  json.member("subdir", record.subdir);
  json.member("file_name", record.file_name);
}

}  // namespace

void write_identity(core::JsonWriter& json, const conda::PackageRecord& record) {
  json.begin_object(core::JsonWriter::Layout::single_line);
  write_identity_members(json, record);
  json.end_object();
}

void begin_record(core::JsonWriter& json, const conda::PackageRecord& record) {
  json.begin_object();
  write_identity_members(json, record);
  json.member("build_number", record.build_number);
  write_text(json, "url", conda::package_url(record));
  if (record.sha256) json.member("sha256", core::format(*record.sha256));
  if (record.md5) json.member("md5", core::format(*record.md5));
  if (record.size) json.member("size", *record.size);
  if (record.timestamp) json.member("timestamp", core::format_time(*record.timestamp));
  if (record.indexed_timestamp) json.member("indexed_timestamp", core::format_time(*record.indexed_timestamp));
  json.member("depends", record.depends);
  json.member("constrains", record.constrains);
  if (!record.track_features.empty()) json.member("track_features", record.track_features);
  if (!record.license.empty()) json.member("license", record.license);
  if (!record.noarch.empty()) json.member("noarch", record.noarch);
}

}  // namespace envlock::report
