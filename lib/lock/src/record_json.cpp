#include "record_json.h"

#include <algorithm>
#include <set>
#include <utility>

#include "envlock/conda/platform.h"
#include "envlock/conda/version.h"
#include "envlock/core/text.h"
#include "stored_text.h"

namespace envlock::lock {
namespace {

bool is_plain(std::string_view text) {
  return !text.empty() && text.find(' ') == std::string_view::npos && conda::is_safe_file_name(text);
}

void write_times(core::JsonWriter& writer, const conda::PackageRecord& record) {
  if (record.timestamp) writer.member("timestamp", *record.timestamp);
  if (record.indexed_timestamp) writer.member("indexed_timestamp", *record.indexed_timestamp);
}

template <typename Hash, typename Parse>
std::optional<Hash> read_hash(Fields& fields, std::string_view key, std::size_t digits, Parse parse) {
  const std::string text = fields.text(key);
  const Json* value = fields.json().find(key);
  if (value == nullptr || value->kind != Json::Kind::text) return std::nullopt;
  const std::optional<Hash> hash = parse(text);
  if (!hash) {
    fields.mistakes().add(*value, "`" + std::string(key) + "` must be " + std::to_string(digits) +
                                      " hexadecimal digits, not " + std::to_string(text.size()) + " characters of `" +
                                      core::printable(text, 80) + "`");
  }
  return hash;
}

}  // namespace

void write_record(core::JsonWriter& writer, const conda::PackageRecord& record) {
  using Layout = core::JsonWriter::Layout;
  writer.member("name", record.name);
  writer.member("version", record.version);
  writer.member("build", record.build);
  writer.member("build_number", record.build_number);
  writer.member("channel", record.channel);
  writer.member("subdir", record.subdir);
  writer.member("file", record.file_name);
  if (record.url) writer.member("url", *record.url);
  if (record.sha256) writer.member("sha256", core::format(*record.sha256));
  if (record.md5) writer.member("md5", core::format(*record.md5));
  if (record.size) writer.member("size", *record.size);
  write_times(writer, record);
  if (!record.license.empty()) writer.member("license", record.license);
  if (!record.noarch.empty()) writer.member("noarch", record.noarch);
  if (!record.python_site_packages_path.empty()) {
    writer.member("python_site_packages_path", record.python_site_packages_path);
  }
  if (!record.track_features.empty()) writer.member("track_features", record.track_features, Layout::multi_line);
  writer.member("depends", record.depends, Layout::multi_line);
  if (!record.constrains.empty()) writer.member("constrains", record.constrains, Layout::multi_line);
}

std::string fault_of(const conda::PackageRecord& record) {
  if (!is_plain(record.name)) return "`" + core::printable(record.name) + "` is no package name";
  if (!conda::Version::try_parse(record.version)) {
    return "`" + core::printable(record.version) + "` is no conda version";
  }
  if (!is_plain(record.subdir)) return "`" + core::printable(record.subdir) + "` is no platform folder";
  if (!conda::is_safe_file_name(record.file_name)) {
    return "`" + core::printable(record.file_name) + "` is no plain file name";
  }
  const auto parts = conda::split_file_name(record.file_name);
  if (!parts) return "`" + core::printable(record.file_name) + "` is no name of a conda package file";
  if (parts->name != record.name || parts->version != record.version || parts->build != record.build) {
    return "the file `" + core::printable(record.file_name) +
           "` is not what the record says: " + core::printable(record.name + " " + record.version + " " + record.build);
  }
  if (record.url && holds_secret(*record.url)) return "its `url` holds credentials";
  for (const std::string* text : {&record.license, &record.noarch, &record.python_site_packages_path}) {
    if (has_control_character(*text)) return "`" + core::printable(*text) + "` holds a control character";
  }
  return {};
}

conda::PackageRecord read_record(Fields& fields, HashRule sha256) {
  conda::PackageRecord record;
  record.name = fields.required_text("name");
  record.version = fields.required_text("version");
  record.build = fields.text("build");
  record.build_number = fields.required_unsigned("build_number");
  record.channel = fields.required_text("channel");
  record.subdir = fields.required_text("subdir");
  record.file_name = fields.required_text("file");
  if (fields.find("url") != nullptr) record.url = fields.text("url");
  record.sha256 = read_hash<core::Sha256>(fields, "sha256", 64, core::parse_sha256);
  record.md5 = read_hash<core::Md5>(fields, "md5", 32, core::parse_md5);
  record.size = fields.unsigned_number("size");
  record.timestamp = fields.number("timestamp");
  record.indexed_timestamp = fields.number("indexed_timestamp");
  record.license = fields.text("license");
  record.noarch = fields.text("noarch");
  record.python_site_packages_path = fields.text("python_site_packages_path");
  record.track_features = fields.texts("track_features");
  std::sort(record.track_features.begin(), record.track_features.end());
  record.depends = fields.required_texts("depends");
  record.constrains = fields.texts("constrains");

  if (sha256 == HashRule::required && fields.json().kind == Json::Kind::object &&
      fields.json().find("sha256") == nullptr) {
    fields.mistakes().add(fields.json(), "`sha256` is missing: a lock names every file by its hash");
  }
  const bool complete =
      !record.name.empty() && !record.version.empty() && !record.subdir.empty() && !record.file_name.empty();
  if (const std::string fault = complete ? fault_of(record) : ""; !fault.empty()) {
    fields.mistakes().add(fields.place("file"), fault);
  }
  return record;
}

void write_channels(core::JsonWriter& writer, const std::vector<conda::Channel>& channels) {
  writer.key("channels");
  writer.begin_array();
  for (const conda::Channel& channel : channels) {
    writer.begin_object(core::JsonWriter::Layout::single_line);
    writer.member("base", channel.base);
    writer.member("name", channel.name);
    writer.end_object();
  }
  writer.end_array();
}

std::vector<conda::Channel> read_channels(Fields& fields) {
  std::vector<conda::Channel> channels;
  std::set<std::string> bases;
  for (const Json& item : fields.elements("channels")) {
    Fields entry(item, fields.mistakes());
    conda::Channel channel{.base = entry.required_text("base"),
                           .name = entry.required_text("name"),
                           .rank = static_cast<std::uint32_t>(channels.size())};
    entry.refuse_others();
    if (!bases.insert(channel.base).second)
      fields.mistakes().add(entry.place("base"), "this channel stands twice in `channels`");
    if (holds_secret(channel.base)) {
      fields.mistakes().add(entry.place("base"), "the URL of a channel must not hold credentials or a token",
                            {"take them out: they belong into .condarc or netrc"});
    }
    if (has_control_character(channel.base + channel.name)) {
      fields.mistakes().add(item, "a channel must not hold control characters");
    }
    channels.push_back(std::move(channel));
  }
  return channels;
}

}  // namespace envlock::lock
