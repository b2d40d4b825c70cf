#include <cstdint>

#include "diff_report_parts.h"
#include "diff_report_probe.h"
#include "envlock/core/json_writer.h"
#include "envlock/report/diff_report.h"
#include "json_parts.h"

namespace envlock::report {
namespace {

using Layout = core::JsonWriter::Layout;

std::string_view kind_name(diff::SourceKind kind) {
  switch (kind) {
    case diff::SourceKind::lock:
      return "envlock.lock";
    case diff::SourceKind::explicit_urls:
      return "explicit";
    case diff::SourceKind::conda_lock:
      return "conda-lock";
    case diff::SourceKind::pixi_lock:
      return "pixi";
    case diff::SourceKind::prefix:
      return "prefix";
    case diff::SourceKind::snapshot:
      return "snapshot";
  }
  return "";
}

void write_count(core::JsonWriter& json, std::string_view key, std::size_t count) {
  json.member(key, static_cast<std::uint64_t>(count));
}

void write_texts(core::JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  json.key(key);
  json.begin_array(Layout::single_line);
  for (const std::string& text : texts) json.value(text);
  json.end_array();
}

void write_item(core::JsonWriter& json, std::string_view key, const std::optional<diff::Item>& item) {
  if (!item) return;
  json.key(key);
  json.begin_object(Layout::single_line);
  json.member("version", item->version);
  if (!item->build.empty()) json.member("build", item->build);
  if (!item->channel.empty()) write_text(json, channel_word(item->kind), item->channel);
  if (!item->file_name.empty()) json.member("file_name", item->file_name);
  if (item->sha256) json.member("sha256", core::format(*item->sha256));
  if (item->md5) json.member("md5", core::format(*item->md5));
  if (item->root) json.member("root", core::format(*item->root));
  if (item->built_sha256) json.member("built_sha256", core::format(*item->built_sha256));
  if (item->extras && !item->extras->empty()) write_texts(json, "extras", *item->extras);
  if (!item->requested_specs.empty()) write_texts(json, "requested", item->requested_specs);
  json.end_object();
}

void write_change(core::JsonWriter& json, const diff::ChangeGroup& group) {
  const diff::Change& change = group.change();
  json.begin_object();
  json.member("name", change.item().name);
  json.member("type", change.item().kind == diff::PackageKind::conda ? "conda" : "pypi");
  json.member("kind", diff::name_of(change.kind));
  if (change.distance != diff::Distance::none) json.member("distance", diff::name_of(change.distance));
  json.member("requested", change.requested);
  json.member("channel_moved", change.channel_moved);
  json.member("cpu_build", change.cpu_build);
  write_texts(json, "cause", change.cause);
  if (!change.reason.empty()) write_text(json, "reason", change.reason);
  json.key("platforms");
  json.begin_array();
  for (const diff::ChangeGroup::OnPlatform& each : group.each) {
    json.begin_object();
    json.member("name", each.platform);
    write_item(json, "from", each.change.from);
    write_item(json, "to", each.change.to);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

void write_fact(core::JsonWriter& json, const diff::FactChange& fact) {
  json.begin_object(Layout::single_line);
  json.member("group", fact.group);
  json.member("what", fact.what);
  if (!fact.platform.empty()) json.member("platform", fact.platform);
  write_text(json, "from", fact.from);
  write_text(json, "to", fact.to);
  if (!fact.remark.empty()) json.member("remark", fact.remark);
  json.end_object();
}

void write_side(core::JsonWriter& json, std::string_view key, const std::string& label, diff::SourceKind kind) {
  json.key(key);
  json.begin_object(Layout::single_line);
  write_text(json, "label", label);
  json.member("kind", kind_name(kind));
  json.end_object();
}

void write_difference(core::JsonWriter& json, const diff::Diff& diff) {
  json.begin_object();
  write_side(json, "from", diff.from, diff.from_kind);
  write_side(json, "to", diff.to, diff.to_kind);
  json.member("equal", diff.empty());
  json.key("platforms");
  json.begin_array();
  for (const diff::PlatformPair& pair : diff.platforms) {
    json.begin_object(Layout::single_line);
    json.member("name", pair.name());
    json.member("from", pair.from);
    json.member("to", pair.to);
    write_count(json, "from_packages", pair.from_packages);
    write_count(json, "to_packages", pair.to_packages);
    json.end_object();
  }
  json.end_array();
  write_texts(json, "only_from", diff.only_from);
  write_texts(json, "only_to", diff.only_to);
  write_count(json, "unchanged", diff.unchanged);
  json.key("counts");
  json.begin_object(Layout::single_line);
  const auto counts = count_kinds(diff);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    write_count(json, diff::name_of(static_cast<diff::ChangeKind>(i)), counts[i]);
  }
  json.end_object();
  json.member("knows_requests", diff.knows_requests);
  json.member("knows_depends", diff.knows_depends);
  json.key("changes");
  json.begin_array();
  for (const diff::ChangeGroup& group : diff.changes) write_change(json, group);
  json.end_array();
  json.key("facts");
  json.begin_array();
  for (const diff::FactChange& fact : diff.facts) write_fact(json, fact);
  json.end_array();
  if (diff.equal_tiers > 0 || !diff.computed.empty()) write_computed(json, diff);
  write_texts(json, "remarks", diff.remarks);
  json.end_object();
}

}  // namespace

std::string json_diff(const DiffReport& report, const std::vector<core::Note>& notes) {
  core::JsonWriter json;
  begin_document(json, "envlock-diff");
  json.member("equal", report.equal());
  json.key("groups");
  json.begin_array();
  for (const std::vector<std::size_t>& group : report.groups) {
    json.begin_array(Layout::single_line);
    for (const std::size_t member : group) json.value(std::string_view(report.labels[member]));
    json.end_array();
  }
  json.end_array();
  json.key("differences");
  json.begin_array();
  for (const diff::Diff& diff : report.differences) write_difference(json, diff);
  json.end_array();
  write_texts(json, "fail_on", report.fail_on);
  write_diagnostics(json, "forbidden", report.forbidden);
  write_notes(json, notes);
  json.end_object();
  return json.finish();
}

}  // namespace envlock::report
