#include "envlock/report/probe_soak_report.h"

#include <fmt/format.h>

#include "envlock/core/json_writer.h"
#include "envlock/core/text.h"
#include "envlock/report/units.h"
#include "json_parts.h"
#include "paint.h"
#include "table.h"

namespace envlock::report {
namespace {

std::string step_name(int step) {
  return step < 0 ? "init" : std::to_string(step);
}

/// A duration in whole tenths of a second, the same text in every locale.
std::string seconds_text(double seconds) {
  return fmt::format("{:.1f} s", seconds);
}

std::vector<std::string> wrong_units(const probe::SoakReport& soak) {
  std::vector<std::string> names;
  for (const probe::SoakUnit& unit : soak.units) {
    if (unit.wrong > 0) names.push_back("`" + unit.name + "`");
  }
  return names;
}

}  // namespace

std::optional<core::Diagnostic> soak_finding(const probe::SoakReport& soak) {
  if (soak.clean()) return std::nullopt;
  const std::vector<std::string> wrong = wrong_units(soak);
  core::Diagnostic finding{.code = "unstable",
                           .what = core::join(wrong, ", ") + " computed digests that are not golden",
                           .where = std::nullopt,
                           .why = {},
                           .hints = {}};
  for (const probe::SoakUnit& unit : soak.units) {
    for (const probe::SoakMismatch& mismatch : unit.mismatches) {
      finding.why.push_back(fmt::format("{}: step {}, `{}`{}", unit.name, step_name(mismatch.step), mismatch.op,
                                        mismatch.where.empty() ? "" : " (" + mismatch.where + ")"));
    }
    if (unit.wrong > unit.mismatches.size()) {
      finding.why.push_back(fmt::format("{}: {} more", unit.name, format_count(unit.wrong - unit.mismatches.size())));
    }
  }
  finding.hints.emplace_back(wrong.size() < soak.units.size()
                                 ? "the other units computed right: suspect the hardware of " + core::join(wrong, ", ")
                                 : "every unit went wrong: suspect the build or the driver before the hardware");
  return finding;
}

std::string text_soak(const probe::SoakReport& soak, const Style& style) {
  using Align = Table::Align;
  Table table({Align::left, Align::right, Align::right, Align::right, Align::right, Align::left});
  table.add({"UNIT", "RUNS", "STEPS", "DIGESTS", "WRONG", ""});
  std::uint64_t digests = 0;
  for (const probe::SoakUnit& unit : soak.units) {
    digests += unit.digests;
    table.add({shown(unit.name), format_count(unit.runs), format_count(unit.steps), format_count(unit.digests),
               format_count(unit.wrong), unit.pinned ? "" : "not bound to its core: the system refused"});
  }
  std::string text = table.draw_with_header(style) + "\n";
  if (const std::optional<core::Diagnostic> finding = soak_finding(soak)) {
    return text + report::text(*finding, Kind::error, style);
  }
  return text +
         fmt::format("all {} digests are golden: no wrong bit in {} of size `{}`. That is no certificate of health.\n",
                     format_count(digests), seconds_text(soak.seconds), soak.size);
}

std::string json_soak(const probe::SoakReport& soak, const std::vector<core::Note>& notes) {
  core::JsonWriter json;
  begin_document(json, "envlock-probe-soak");
  json.member("size", soak.size);
  json.member("clean", soak.clean());
  json.member("milliseconds", static_cast<std::uint64_t>(soak.seconds * 1000));
  json.key("units");
  json.begin_array();
  for (const probe::SoakUnit& unit : soak.units) {
    json.begin_object();
    write_text(json, "name", unit.name);
    json.member("pinned", unit.pinned);
    json.member("runs", unit.runs);
    json.member("steps", unit.steps);
    json.member("digests", unit.digests);
    json.member("wrong", unit.wrong);
    json.key("mismatches");
    json.begin_array();
    for (const probe::SoakMismatch& mismatch : unit.mismatches) {
      json.begin_object(core::JsonWriter::Layout::single_line);
      json.member("step", step_name(mismatch.step));
      json.member("op", mismatch.op);
      json.member("where", mismatch.where);
      json.end_object();
    }
    json.end_array();
    json.end_object();
  }
  json.end_array();
  write_notes(json, notes);
  json.end_object();
  return json.finish();
}

std::string text_probe_devices(const std::vector<probe::Facts>& devices, const Style& style) {
  std::string text;
  for (const probe::Facts& device : devices) {
    text += paint(fmt::format("{:<8}", device.device), Color::bold, style) + shown(device.device_name) + "\n";
    for (const auto& [name, value] : device.details) {
      if (!value.empty()) text += fmt::format("        {}: {}\n", name, shown(value));
    }
  }
  return text;
}

std::string json_probe_devices(const std::vector<probe::Facts>& devices, const std::vector<core::Note>& notes) {
  core::JsonWriter json;
  begin_document(json, "envlock-probe-devices");
  json.key("devices");
  json.begin_array();
  for (const probe::Facts& device : devices) {
    json.begin_object();
    json.member("device", device.device);
    write_text(json, "name", device.device_name);
    json.key("details");
    json.begin_object();
    for (const auto& [name, value] : device.details) write_text(json, name, value);
    json.end_object();
    json.end_object();
  }
  json.end_array();
  write_notes(json, notes);
  json.end_object();
  return json.finish();
}

}  // namespace envlock::report
