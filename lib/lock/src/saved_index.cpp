#include <algorithm>
#include <tuple>
#include <utility>

#include "document.h"
#include "envlock/core/json_writer.h"
#include "envlock/core/url.h"
#include "envlock/lock/export.h"
#include "format_names.h"
#include "json_fields.h"
#include "record_json.h"

namespace envlock::lock {
namespace {

auto place(const conda::PackageRecord& record) {
  return std::tie(record.name, record.channel, record.subdir, record.file_name);
}

bool comes_before(const conda::PackageRecord& left, const conda::PackageRecord& right) {
  return place(left) < place(right);
}

}  // namespace

std::string format(const SavedIndex& index) {
  std::vector<conda::PackageRecord> records = index.records;
  for (conda::PackageRecord& record : records) {
    record.channel = core::strip_credentials(record.channel);
    if (record.url) record.url = core::strip_credentials(*record.url);
  }
  std::stable_sort(records.begin(), records.end(), comes_before);
  records.erase(std::unique(records.begin(), records.end(),
                            [](const conda::PackageRecord& left, const conda::PackageRecord& right) {
                              return place(left) == place(right);
                            }),
                records.end());
  std::vector<conda::Channel> channels = index.channels;
  for (conda::Channel& channel : channels) channel.base = core::strip_credentials(channel.base);

  core::JsonWriter writer;
  writer.begin_object();
  writer.member("format", kSavedIndexName);
  writer.member("version", kFormatVersion);
  writer.member("needs_envlock", kReadableSince);
  write_channels(writer, channels);
  writer.key("records");
  writer.begin_array();
  for (const conda::PackageRecord& record : records) {
    writer.begin_object();
    write_record(writer, record);
    if (std::find(index.computed.begin(), index.computed.end(), record.file_name) != index.computed.end()) {
      writer.member("sha256_computed", true);
    }
    writer.end_object();
  }
  writer.end_array();
  writer.end_object();
  return writer.finish();
}

SavedIndex parse_saved_index(std::string_view text, const std::string& file) {
  static const std::string kCode = "saved-index-invalid";
  return with_document(text, file, JsonSyntax::strict, kCode, [&](const JsonDocument& document) {
    require_format(document, file, {kSavedIndexName, kFormatVersion, kCode});
    Mistakes mistakes(document, file, kCode);
    Fields fields(document.root(), mistakes);
    for (const char* key : {"format", "version", "needs_envlock"}) fields.find(key);
    SavedIndex index;
    index.channels = read_channels(fields);
    for (const Json& item : fields.elements("records")) {
      Fields record(item, mistakes);
      index.records.push_back(read_record(record, HashRule::optional));
      if (record.flag("sha256_computed")) index.computed.push_back(index.records.back().file_name);
      record.refuse_others();
      const auto of_record = [&](const conda::Channel& channel) {
        return channel.base == index.records.back().channel;
      };
      if (!index.records.back().channel.empty() &&
          std::none_of(index.channels.begin(), index.channels.end(), of_record)) {
        mistakes.add(record.place("channel"), "the channel of this record is not one of `channels`");
      }
    }
    fields.refuse_others();
    mistakes.throw_if_any();
    std::stable_sort(index.records.begin(), index.records.end(), comes_before);
    std::sort(index.computed.begin(), index.computed.end());
    return index;
  });
}

}  // namespace envlock::lock
