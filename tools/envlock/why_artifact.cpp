#include "why_artifact.h"

#include <algorithm>
#include <filesystem>

#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/report/run_report.h"

namespace envlock::tools {
namespace {

constexpr std::uint64_t kLargestRecord = 1 << 20;

/// The records of a folder, by name. One that cannot be read is a warning: the others may still hold the answer.
std::vector<report::FoundRun> read_records(const std::filesystem::path& folder, core::Notes& notes) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (std::filesystem::directory_iterator entries(folder, error), end; !error && entries != end;
       entries.increment(error)) {
    std::error_code ignored;
    if (entries->path().extension() == ".json" && entries->is_regular_file(ignored)) files.push_back(entries->path());
  }
  std::sort(files.begin(), files.end());
  std::vector<report::FoundRun> records;
  for (const std::filesystem::path& file : files) {
    try {
      records.push_back(
          {file.string(), snapshot::parse_run_record(core::read_file(file, kLargestRecord), file.string())});
    } catch (const core::Error& unreadable) {
      for (const core::Diagnostic& diagnostic : unreadable.diagnostics()) notes.warning(diagnostic);
    }
  }
  return records;
}

core::Diagnostic unknown_artifact(const report::ArtifactReport& report, std::size_t records,
                                  const std::vector<std::string>& folders) {
  return {.code = "artifact-unknown",
          .what = "no record names a file with the bytes of `" + core::printable(report.artifact) + "`",
          .where = std::nullopt,
          .why = {"its sha256 is " + core::format(report.sha256),
                  std::to_string(records) + " records were read in " + core::printable(core::join(folders, ", "))},
          .hints = {"records elsewhere are found with `--records DIR`",
                    "a run is remembered when the file was named: `envlock run --output FILE -- COMMAND`"}};
}

}  // namespace

Exit run_why_artifact(const std::string& artifact, const std::string& lock, const std::vector<std::string>& folders,
                      Out& out) {
  std::vector<std::string> places = folders;
  if (places.empty()) places = {(std::filesystem::path(lock).parent_path() / ".envlock/runs").string()};
  const core::MappedFile mapped(artifact);
  report::ArtifactReport report{.artifact = artifact, .sha256 = core::sha256(mapped.bytes()), .runs = {}};
  std::size_t records = 0;
  for (const std::string& place : places) {
    for (report::FoundRun& run : read_records(place, out.notes)) {
      ++records;
      const auto made_it = [&](const snapshot::RunOutput& output) { return output.sha256 == report.sha256; };
      const std::vector<snapshot::RunOutput>& outputs = run.record.outputs;
      if (std::any_of(outputs.begin(), outputs.end(), made_it)) report.runs.push_back(std::move(run));
    }
  }
  std::stable_sort(report.runs.begin(), report.runs.end(), [](const report::FoundRun& a, const report::FoundRun& b) {
    return a.record.started > b.record.started;
  });
  const bool found = !report.runs.empty();
  if (out.json) {
    out.data(report::json_artifact(report, out.notes.all()));
  } else if (found) {
    out.data(report::text_artifact(report, out.stdout_style()));
  } else {
    out.show(unknown_artifact(report, records, places), report::Kind::error);
  }
  return found ? Exit::yes : Exit::no;
}

}  // namespace envlock::tools
