#include "envlock/report/run_report.h"

#include <fmt/format.h>

#include "envlock/core/text.h"
#include "envlock/core/time.h"
#include "json_parts.h"
#include "paint.h"
#include "table.h"

namespace envlock::report {
namespace {

std::string command_of(const snapshot::RunRecord& record) {
  std::string command;
  for (const std::string& word : record.command) {
    const bool plain = !word.empty() && word.find_first_of(" \t\n\"'\\$&|;<>()*?`") == std::string::npos;
    command += (command.empty() ? "" : " ") + (plain ? word : "'" + word + "'");
  }
  return core::printable(command, 400);
}

std::string duration(std::uint64_t milliseconds) {
  const std::uint64_t seconds = milliseconds / 1000;
  if (seconds < 60) return fmt::format("{}.{} s", seconds, milliseconds % 1000 / 100);
  return fmt::format("{} h {:02} min {:02} s", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string draw(const FoundRun& run, const Style& style) {
  const snapshot::RunRecord& record = run.record;
  Table table({Table::Align::left, Table::Align::left});
  const auto row = [&table](const char* name, const std::string& value) {
    if (!value.empty()) table.add({name, shown(value)});
  };
  row("when", core::format_time(record.started) + ", for " + duration(record.milliseconds) +
                  (record.exit_code == 0 ? "" : ", exit code " + std::to_string(record.exit_code)));
  row("lock", record.lock ? "sha256 " + core::format(*record.lock) : "none");
  row("verified", record.verified);
  if (record.root) row("environment", "root " + core::format(*record.root));
  row("commit", record.git_commit.empty() ? "" : record.git_commit + (record.git_dirty ? ", with changes" : ""));
  row("processor", record.cpu + (record.microarchitecture.empty() ? "" : " (" + record.microarchitecture + ")"));
  row("system", "kernel " + record.kernel + ", glibc " + record.glibc);
  row("driver", record.nvidia_driver);
  for (const std::string& gpu : record.gpus) row("GPU", gpu);
  for (const auto& [name, value] : record.environment) row("variable", name + "=" + value);
  row("record", run.file);
  return paint(command_of(record), Color::bold, style) + "\n" + table.draw("  ");
}

}  // namespace

std::string text_artifact(const ArtifactReport& report, const Style& style) {
  std::string text;
  for (const FoundRun& run : report.runs) text += (text.empty() ? "" : "\n") + draw(run, style);
  return text;
}

std::string json_artifact(const ArtifactReport& report, const std::vector<core::Note>& notes) {
  core::JsonWriter json;
  begin_document(json, "envlock-artifact");
  json.member("artifact", report.artifact);
  json.member("sha256", core::format(report.sha256));
  json.key("runs");
  json.begin_array();
  for (const FoundRun& run : report.runs) {
    json.begin_object();
    json.member("record", run.file);
    json.member("command", run.record.command);
    json.member("started", core::format_time(run.record.started));
    json.member("exit_code", run.record.exit_code);
    if (run.record.lock) json.member("lock", core::format(*run.record.lock));
    if (run.record.root) json.member("root", core::format(*run.record.root));
    if (!run.record.git_commit.empty()) {
      json.member("commit", run.record.git_commit);
      json.member("dirty", run.record.git_dirty);
    }
    json.end_object();
  }
  json.end_array();
  write_notes(json, notes);
  json.end_object();
  return json.finish();
}

}  // namespace envlock::report
