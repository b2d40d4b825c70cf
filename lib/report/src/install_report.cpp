#include "envlock/report/install_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "envlock/core/text.h"
#include "envlock/report/units.h"
#include "json_parts.h"
#include "paint.h"
#include "record_json.h"
#include "table.h"

namespace envlock::report {
namespace {

constexpr std::size_t kMostRows = 60;
constexpr std::size_t kMostKept = 20;

std::string detail_of(const prefix::Change& change) {
  if (!change.from || !change.to) return "build " + shown(change.to ? change.to->build : change.from->build);
  if (change.from->build != change.to->build) {
    return "build " + shown(change.from->build) + " → " + shown(change.to->build);
  }
  if (change.from->channel != change.to->channel) {
    return "channel " + shown(change.from->channel) + " → " + shown(change.to->channel);
  }
  return change.from->sha256 == change.to->sha256 ? "put there anew" : "the file's sha256 changed";
}

std::string draw_changes(const std::vector<prefix::Change>& changes) {
  Table table({Table::Align::left, Table::Align::left, Table::Align::left, Table::Align::left});
  for (std::size_t i = 0; i < std::min(changes.size(), kMostRows); ++i) {
    const prefix::Change& change = changes[i];
    const std::string mark = !change.from ? "+" : !change.to ? "-" : "~";
    const std::string from = change.from ? shown(change.from->version) : "";
    const std::string to = change.to ? shown(change.to->version) : "";
    const std::string version = from.empty() || from == to ? to : to.empty() ? from : from + " → " + to;
    table.add({mark, shown(change.name), version, detail_of(change)});
  }
  std::string text = table.draw("  ");
  if (changes.size() > kMostRows) {
    text += "  and " + format_count(changes.size() - kMostRows) + " more; --json lists all\n";
  }
  return text;
}

std::string draw_list(const std::string& title, const std::vector<std::string>& lines) {
  if (lines.empty()) return {};
  std::string text = title + "\n";
  for (std::size_t i = 0; i < std::min(lines.size(), kMostKept); ++i) text += "  " + shown(lines[i]) + "\n";
  if (lines.size() > kMostKept) text += "  and " + format_count(lines.size() - kMostKept) + " more; --json lists all\n";
  return text;
}

std::string how_linked(const prefix::InstallResult& result) {
  std::string text;
  const auto add = [&text](std::size_t count, const char* words) {
    if (count > 0) text += (text.empty() ? "" : ", ") + format_count(count) + " " + words;
  };
  add(result.reflinked, "reflinked");
  add(result.hardlinked, "hard-linked");
  add(result.copied, "copied");
  add(result.rewritten, "with the prefix written in");
  return text;
}

std::string draw_work(const InstallSummary& summary) {
  const prefix::InstallResult& result = summary.result;
  std::string text;
  if (summary.downloaded > 0) {
    text += fmt::format("got {} ({}) in {:.1f} s\n", count_of(summary.downloaded, "archive"),
                        format_bytes(summary.downloaded_bytes), summary.seconds_getting);
  }
  if (summary.borrowed > 0) {
    text += fmt::format("found {} in the caches of other tools\n", count_of(summary.borrowed, "archive"));
  }
  if (result.linked_files > 0) {
    const std::string how = how_linked(result);
    text += fmt::format("put {} ({}) in place in {:.1f} s{}\n", count_of(result.linked_files, "file"),
                        format_bytes(result.bytes), summary.seconds_linking, how.empty() ? "" : ": " + how);
  }
  if (result.compiled > 0) text += "compiled " + count_of(result.compiled, "python source") + "\n";
  if (result.removed_files > 0) text += "removed " + count_of(result.removed_files, "file") + "\n";
  return text;
}

/// No file of the prefix came, went or was written anew, and no script had its way with it.
bool is_untouched(const prefix::InstallResult& result) {
  return result.linked_files == 0 && result.removed_files == 0 && result.kept_aside.empty() &&
         result.scripts_run.empty();
}

void write_change(core::JsonWriter& json, const prefix::Change& change) {
  const auto side = [&json](const char* key, const std::optional<conda::PackageRecord>& record) {
    if (!record) return;
    json.key(key);
    json.begin_object(core::JsonWriter::Layout::single_line);
    json.member("version", record->version);
    json.member("build", record->build);
    write_text(json, "channel", record->channel);
    json.member("file", record->file_name);
    if (record->sha256) json.member("sha256", core::format(*record->sha256));
    json.end_object();
  };
  json.begin_object();
  json.member("name", change.name);
  side("from", change.from);
  side("to", change.to);
  json.end_object();
}

}  // namespace

std::string text_install(const InstallSummary& summary, const Style& style) {
  const prefix::Difference& difference = *summary.difference;
  const prefix::InstallResult& result = summary.result;
  std::string text;
  if (summary.recovered) text += "an install that was interrupted was undone first\n";
  const bool fresh =
      difference.unchanged == 0 && std::all_of(difference.changes.begin(), difference.changes.end(),
                                               [](const prefix::Change& change) { return !change.from; });
  if (!fresh || summary.dry_run) text += draw_changes(difference.changes);
  text += draw_work(summary);
  text += draw_list("kept aside, because you had changed them:", result.kept_aside);
  text += draw_list("these scripts of packages were run:", result.scripts_run);
  text += draw_list("these scripts of packages were not run (`--allow-scripts` runs them):", result.scripts);
  text += draw_list("these python sources do not compile:", result.not_compiled);
  const std::string where = "`" + shown(summary.prefix) + "`";
  std::string last;
  if (summary.dry_run) {
    last = difference.changes.empty() ? where + " is what the lock says; nothing would change"
                                      : where + " would change in " + count_of(difference.changes.size(), "package") +
                                            (summary.download_bytes_expected > 0
                                                 ? ", after getting " + format_bytes(summary.download_bytes_expected)
                                                 : "");
  } else {
    last = where + " holds the " + count_of(summary.packages, "package") + " of " + shown(summary.lock_file) + " for " +
           shown(summary.platform) +
           (!difference.changes.empty() ? ""
            : is_untouched(result)      ? "; nothing had to change"
                                        : "; no package had to change");
  }
  return text + paint(last, Color::bold, style) + "\n";
}

std::string json_install(const InstallSummary& summary, const std::vector<core::Note>& notes) {
  const prefix::Difference& difference = *summary.difference;
  const prefix::InstallResult& result = summary.result;
  core::JsonWriter json;
  begin_document(json, "envlock-install");
  json.member("prefix", summary.prefix);
  json.member("lock", summary.lock_file);
  json.member("platform", summary.platform);
  json.member("dry_run", summary.dry_run);
  json.member("recovered", summary.recovered);
  json.member("packages", std::uint64_t{summary.packages});
  json.member("unchanged", std::uint64_t{difference.unchanged});
  json.key("changes");
  json.begin_array();
  for (const prefix::Change& change : difference.changes) write_change(json, change);
  json.end_array();
  json.member("downloaded", std::uint64_t{summary.downloaded});
  json.member("downloaded_bytes", summary.downloaded_bytes);
  if (summary.dry_run) json.member("bytes_to_get", summary.download_bytes_expected);
  json.member("borrowed", std::uint64_t{summary.borrowed});
  json.key("files");
  json.begin_object(core::JsonWriter::Layout::single_line);
  json.member("linked", std::uint64_t{result.linked_files});
  json.member("reflinked", std::uint64_t{result.reflinked});
  json.member("hard_linked", std::uint64_t{result.hardlinked});
  json.member("copied", std::uint64_t{result.copied});
  json.member("rewritten", std::uint64_t{result.rewritten});
  json.member("compiled", std::uint64_t{result.compiled});
  json.member("removed", std::uint64_t{result.removed_files});
  json.member("bytes", result.bytes);
  json.end_object();
  json.member("kept_aside", result.kept_aside, core::JsonWriter::Layout::multi_line);
  json.member("scripts", result.scripts, core::JsonWriter::Layout::multi_line);
  json.member("scripts_run", result.scripts_run, core::JsonWriter::Layout::multi_line);
  json.member("not_compiled", result.not_compiled, core::JsonWriter::Layout::multi_line);
  write_notes(json, notes);
  json.end_object();
  return json.finish();
}

}  // namespace envlock::report
