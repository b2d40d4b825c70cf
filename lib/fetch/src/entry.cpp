#include "entry.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "envlock/core/json_writer.h"

namespace envlock::fetch {
namespace {

constexpr int kVersion = 1;

/// Validators go back into a request: a line break there would be a header of somebody else's choice.
bool fits_a_header(const std::string& text) {
  return text.size() <= 1024 && std::none_of(text.begin(), text.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte < 0x20 || byte == 0x7f;
         });
}

}  // namespace

std::string format(const Entry& entry) {
  core::JsonWriter json;
  json.begin_object();
  json.member("version", kVersion);
  json.member("url", entry.url);
  if (!entry.etag.empty()) json.member("etag", entry.etag);
  if (!entry.last_modified.empty()) json.member("last_modified", entry.last_modified);
  json.member("fetched_at", entry.fetched_at);
  if (entry.max_age) json.member("max_age", *entry.max_age);
  json.member("sha256", core::format(entry.sha256));
  if (entry.md5) json.member("md5", core::format(*entry.md5));
  json.member("size", entry.size);
  if (!entry.content_type.empty()) json.member("content_type", entry.content_type);
  if (!entry.final_url.empty()) json.member("final_url", entry.final_url);
  if (entry.range_start) json.member("range_start", *entry.range_start);
  if (entry.whole_size != 0) json.member("whole_size", entry.whole_size);
  json.end_object();
  return json.finish();
}

std::optional<Entry> parse_entry(std::string_view text) {
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    if (json.at("version").get<int>() != kVersion) return std::nullopt;
    Entry entry;
    entry.url = json.at("url").get<std::string>();
    entry.etag = json.value("etag", std::string());
    entry.last_modified = json.value("last_modified", std::string());
    entry.fetched_at = json.at("fetched_at").get<std::int64_t>();
    if (json.contains("max_age")) entry.max_age = json.at("max_age").get<std::int64_t>();
    const auto sha256 = core::parse_sha256(json.at("sha256").get<std::string>());
    if (!sha256 || !json.at("size").is_number_unsigned()) return std::nullopt;
    entry.sha256 = *sha256;
    if (json.contains("md5")) {
      entry.md5 = core::parse_md5(json.at("md5").get<std::string>());
      if (!entry.md5) return std::nullopt;
    }
    entry.size = json.at("size").get<std::uint64_t>();
    entry.content_type = json.value("content_type", std::string());
    entry.final_url = json.value("final_url", std::string());
    if (json.contains("range_start")) entry.range_start = json.at("range_start").get<std::uint64_t>();
    entry.whole_size = json.value("whole_size", std::uint64_t{0});
    if (!fits_a_header(entry.etag) || !fits_a_header(entry.last_modified)) return std::nullopt;
    return entry;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace envlock::fetch
