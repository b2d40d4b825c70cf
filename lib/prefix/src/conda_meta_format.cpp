#include <string>

#include "envlock/core/json_writer.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/prefix/conda_meta.h"

namespace envlock::prefix {
namespace {

using core::JsonWriter;

const char* path_type(InstalledType type) {
  switch (type) {
    case InstalledType::softlink:
      return "softlink";
    case InstalledType::directory:
      return "directory";
    case InstalledType::pyc_file:
      return "pyc_file";
    case InstalledType::entry_point:
      return "unix_python_entry_point";
    case InstalledType::hardlink:
    case InstalledType::other:
      break;
  }
  return "hardlink";
}

/// rattler wants a URL in every record. A channel that the lock names by a relative path keeps it, so that the prefix
/// does not depend on where the lock lies.
std::string url_of(const conda::PackageRecord& record) {
  const std::string url = conda::package_url(record);
  return core::looks_like_url(url) ? url : "file:" + url;
}

void write_path(JsonWriter& json, const InstalledPath& path) {
  json.begin_object();
  json.member("_path", path.path);
  if (path.placeholder) json.member("file_mode", path.placeholder->mode == FileMode::binary ? "binary" : "text");
  if (path.no_link) json.member("no_link", true);
  json.member("path_type", path_type(path.type));
  if (path.placeholder) json.member("prefix_placeholder", path.placeholder->text);
  if (path.sha256) json.member("sha256", core::format(*path.sha256));
  if (path.sha256_in_prefix) json.member("sha256_in_prefix", core::format(*path.sha256_in_prefix));
  if (path.size) json.member("size_in_bytes", *path.size);
  json.end_object();
}

void write_paths(JsonWriter& json, const std::vector<InstalledPath>& paths) {
  json.key("paths_data");
  json.begin_object();
  json.key("paths");
  json.begin_array();
  for (const InstalledPath& path : paths) {
    // Of these only the name is known, and `files` has it.
    if (path.type != InstalledType::other) write_path(json, path);
  }
  json.end_array();
  json.member("paths_version", 1);
  json.end_object();
}

void write_files(JsonWriter& json, const std::vector<InstalledPath>& paths) {
  json.key("files");
  json.begin_array();
  for (const InstalledPath& path : paths) {
    if (path.type != InstalledType::directory) json.value(path.path);
  }
  json.end_array();
}

void write_text(JsonWriter& json, std::string_view key, const std::string& text) {
  if (!text.empty()) json.member(key, text);
}

}  // namespace

std::string format(const InstalledPackage& package) {
  const conda::PackageRecord& record = package.record;
  const auto lines = JsonWriter::Layout::multi_line;
  JsonWriter json;
  json.begin_object();
  json.member("build", record.build);
  json.member("build_number", record.build_number);
  write_text(json, "channel", record.channel);
  json.member("constrains", record.constrains, lines);
  json.member("depends", record.depends, lines);
  write_files(json, package.paths);
  json.member("fn", record.file_name);
  if (record.indexed_timestamp) json.member("indexed_timestamp", *record.indexed_timestamp);
  write_text(json, "license", record.license);
  if (record.md5) json.member("md5", core::format(*record.md5));
  json.member("name", record.name);
  write_text(json, "noarch", record.noarch);
  write_paths(json, package.paths);
  write_text(json, "python_site_packages_path", record.python_site_packages_path);
  if (!package.requested_specs.empty()) {
    json.member("requested_spec", package.requested_specs.front());
    json.member("requested_specs", package.requested_specs, lines);
  }
  if (record.sha256) json.member("sha256", core::format(*record.sha256));
  if (record.size) json.member("size", *record.size);
  json.member("subdir", record.subdir);
  if (record.timestamp) json.member("timestamp", *record.timestamp);
  if (!record.track_features.empty()) json.member("track_features", core::join(record.track_features, " "));
  if (!record.channel.empty() || record.url) json.member("url", url_of(record));
  json.member("version", record.version);
  json.end_object();
  return json.finish();
}

}  // namespace envlock::prefix
