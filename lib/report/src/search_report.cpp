#include "envlock/report/search_report.h"

#include <algorithm>

#include "envlock/core/json_writer.h"
#include "envlock/core/text.h"
#include "envlock/core/time.h"
#include "envlock/report/units.h"
#include "json_parts.h"
#include "paint.h"
#include "record_json.h"
#include "table.h"

namespace envlock::report {
namespace {

constexpr int kLongestCell = 60;

std::string cell(const std::string& text) {
  return core::printable(text, kLongestCell);
}

/// The day of a record, "2026-03-02"; empty when no time is known.
std::string day_of(const conda::PackageRecord& record) {
  const std::optional<core::Milliseconds> time = record.indexed_timestamp ? record.indexed_timestamp : record.timestamp;
  return time ? core::format_time(*time).substr(0, 10) : "";
}

bool names_differ(const SearchReport& search) {
  return std::any_of(search.matches.begin(), search.matches.end(),
                     [&](const SearchMatch& match) { return match.record.name != search.matches.front().record.name; });
}

std::string fit_of(const SearchMatch& match) {
  return match.unmet.empty() ? "fits" : "needs " + core::join(match.unmet, ", ");
}

}  // namespace

std::string text_search(const SearchReport& search, const Style& style) {
  if (search.matches.empty()) return "";
  using Align = Table::Align;
  const bool with_name = names_differ(search);
  Table table({Align::left, Align::left, Align::left, Align::left, Align::right, Align::left, Align::left});
  table.add({with_name ? "NAME" : "", "VERSION", "BUILD", "CHANNEL", "SIZE", "DATE", search.here ? "HERE" : ""});
  for (const SearchMatch& match : search.matches) {
    const conda::PackageRecord& record = match.record;
    table.add({with_name ? cell(record.name) : "", cell(record.version), cell(record.build),
               cell(match.channel + "/" + record.subdir), record.size ? format_bytes(*record.size) : "", day_of(record),
               search.here ? cell(fit_of(match)) : ""});
  }
  return table.draw_with_header(style);
}

std::string json_search(const SearchReport& search, const std::vector<core::Note>& notes) {
  core::JsonWriter json;
  begin_document(json, "envlock-search");
  write_text(json, "spec", search.spec);
  json.member("subdirs", search.subdirs);
  if (search.here) {
    std::vector<std::string> packages;
    for (const conda::VirtualPackage& package : *search.here) packages.push_back(conda::format(package));
    json.member("virtual_packages", packages);
  }
  json.member("total", static_cast<std::uint64_t>(search.total));
  json.key("matches");
  json.begin_array();
  for (const SearchMatch& match : search.matches) {
    begin_record(json, match.record);
    if (search.here) {
      json.member("fits_here", match.unmet.empty());
      json.member("unmet", match.unmet);
    }
    json.end_object();
  }
  json.end_array();
  write_notes(json, notes);
  json.end_object();
  return json.finish();
}

}  // namespace envlock::report
