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

std::string draw_chain(const std::vector<std::string>& chain) {
  std::string drawn;
  std::string indent = "  ";
  for (std::size_t i = 0; i < chain.size(); ++i) {
    drawn += indent + (i == 0 ? "" : "└─ ") + shown(chain[i]) + "\n";
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

std::string draw_reason(const PlatformReason& reason, const Style& style) {
  const conda::PackageRecord& record = reason.record;
  return paint(shown(record.name) + " " + shown(record.version) + " " + shown(record.build), Color::bold, style) +
         "\n" + draw_chain(reason.reason.chain) + draw_dependents(reason.reason.dependents);
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
    json.key("package");
    write_identity(json, reason.record);
    json.member("chain", reason.reason.chain, core::JsonWriter::Layout::multi_line);
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
