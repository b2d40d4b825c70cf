#include "envlock/report/why_report.h"

#include "envlock/core/json_writer.h"
#include "envlock/core/text.h"
#include "envlock/report/units.h"
#include "json_parts.h"
#include "paint.h"
#include "record_json.h"

namespace envlock::report {
namespace {

constexpr std::size_t kMostDependents = 40;

/// "environment.yml:9:7"
std::string place_of(const core::SourceSpan& where) {
  std::string place = shown(where.file) + ":" + std::to_string(where.line);
  if (where.column > 0) place += ":" + std::to_string(where.column);
  return place;
}

std::string draw_chain(const std::vector<std::string>& chain, const std::optional<core::SourceSpan>& where) {
  std::string drawn;
  std::string indent = "  ";
  for (std::size_t i = 0; i < chain.size(); ++i) {
    drawn += indent + (i == 0 ? "" : "└─ ") + shown(chain[i]);
    if (i == 0 && where) drawn += ", " + place_of(*where);
    drawn += "\n";
    if (i > 0) indent += "   ";
  }
  return drawn;
}

std::string draw_dependents(const std::vector<std::string>& dependents) {
  if (dependents.empty()) return "  no other package of the lock needs it\n";
  std::string drawn = "  needed by " + count_of(dependents.size(), "package") + ": ";
  for (std::size_t i = 0; i < dependents.size() && i < kMostDependents; ++i) {
    drawn += (i == 0 ? "" : ", ") + shown(dependents[i]);
  }
  if (dependents.size() > kMostDependents) {
    drawn += " and " + format_count(dependents.size() - kMostDependents) + " more";
  }
  return drawn + "\n";
}

std::string title_of(const PlatformReason& reason) {
  if (const auto* record = std::get_if<conda::PackageRecord>(&reason.what)) {
    return shown(record->name) + " " + shown(record->version) + " " + shown(record->build);
  }
  const lock::LockedDistribution& distribution = std::get<lock::LockedDistribution>(reason.what);
  const std::string extras = reason.extras.empty() ? "" : "[" + core::join(reason.extras, ",") + "]";
  return shown(distribution.name + extras) + " " + shown(distribution.version) + " (pypi)";
}

std::string draw_reason(const PlatformReason& reason, const Style& style) {
  std::string drawn = paint(title_of(reason), Color::bold, style) + "\n";
  if (!reason.brings.empty()) drawn += "  brings " + shown(reason.brings) + ", which pip would install otherwise\n";
  return drawn + draw_chain(reason.reason.chain, reason.where) + draw_dependents(reason.reason.dependents);
}

/// Which file, commit or folder it is, on one line.
void write_distribution(core::JsonWriter& json, const PlatformReason& reason) {
  const lock::LockedDistribution& distribution = std::get<lock::LockedDistribution>(reason.what);
  json.begin_object(core::JsonWriter::Layout::single_line);
  json.member("name", distribution.name);
  json.member("version", distribution.version);
  if (!distribution.index.empty()) write_text(json, "index", distribution.index);
  if (!distribution.file.empty()) json.member("file_name", distribution.file);
  if (distribution.file.empty()) write_text(json, "url", distribution.url);
  if (!distribution.commit.empty()) json.member("commit", distribution.commit);
  json.member("extras", reason.extras);
  json.end_object();
}

}  // namespace

std::string text_why(const WhyReport& why, const Style& style) {
  // Platforms that say the same are told once, at the place of the first.
  std::vector<std::pair<std::string, std::string>> told;  // platforms, words
  for (const PlatformReason& reason : why.platforms) {
    const std::string words = draw_reason(reason, style);
    bool found = false;
    for (auto& [platforms, known] : told) {
      if (known != words) continue;
      platforms += ", " + shown(reason.platform);
      found = true;
    }
    if (!found) told.emplace_back(shown(reason.platform), words);
  }
  std::string drawn;
  for (const auto& [platforms, words] : told) {
    if (!drawn.empty()) drawn += "\n";
    drawn += platforms + ": " + words;
  }
  return drawn;
}

std::string json_why(const WhyReport& why, const std::vector<core::Note>& notes) {
  core::JsonWriter json;
  begin_document(json, "envlock-why");
  json.member("name", why.name);
  write_text(json, "file", why.file);
  json.key("platforms");
  json.begin_array();
  for (const PlatformReason& reason : why.platforms) {
    json.begin_object();
    json.member("name", reason.platform);
    if (const auto* record = std::get_if<conda::PackageRecord>(&reason.what)) {
      json.key("package");
      write_identity(json, *record);
    } else {
      json.key("distribution");
      write_distribution(json, reason);
    }
    if (!reason.brings.empty()) json.member("brings", reason.brings);
    json.member("chain", reason.reason.chain, core::JsonWriter::Layout::multi_line);
    if (reason.where) {
      json.key("where");
      json.begin_object(core::JsonWriter::Layout::single_line);
      write_text(json, "file", reason.where->file);
      json.member("line", reason.where->line);
      json.member("column", reason.where->column);
      json.end_object();
    }
    json.member("dependents", reason.reason.dependents);
    json.end_object();
  }
  json.end_array();
  json.member("without", why.without);
  write_notes(json, notes);
  json.end_object();
  return json.finish();
}

}  // namespace envlock::report
