#include "run_records.h"

#include <unistd.h>

#include <system_error>

#include "child_process.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/snapshot/snapshot.h"

namespace envlock::tools {
namespace {

constexpr double kGitSeconds = 10;

core::Diagnostic not_made(const std::string& file, const std::string& what) {
  return {.code = "output-missing",
          .what = what,
          .where = std::nullopt,
          .why = {"`--output " + core::printable(file) + "` named it, so that it could be found again by its hash"},
          .hints = {}};
}

void add_output(snapshot::RunRecord& record, const std::string& file, const std::optional<archive::FileStamp>& before,
                core::Notes& notes) {
  const std::string name = "`" + core::printable(file) + "`";
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) {
    return notes.warning(not_made(file, name + " is a folder: name the files in it that count"));
  }
  if (!std::filesystem::is_regular_file(file, error)) {
    return notes.warning(not_made(file, "the command left no " + name));
  }
  if (before && archive::stamp_of(file) == before) {
    return notes.warning(not_made(file, "the command did not touch " + name + ", which was there before"));
  }
  try {
    const core::MappedFile mapped(file);
    record.outputs.push_back({file, core::sha256(mapped.bytes()), mapped.bytes().size()});
  } catch (const core::Error&) {
    notes.warning(not_made(file, "cannot read " + name));
  }
}

bool can_write(const std::filesystem::path& folder) {
  return access(folder.empty() ? "." : folder.c_str(), W_OK) == 0;
}

}  // namespace

void add_git_facts(snapshot::RunRecord& record) {
  const std::optional<Ran> commit = run_program({"git", "rev-parse", "--verify", "HEAD"}, "", kGitSeconds);
  if (!commit || commit->exit_code != 0) return;
  record.git_commit = core::trim(commit->output);
  const std::optional<Ran> status =
      run_program({"git", "status", "--porcelain", "--untracked-files=no"}, "", kGitSeconds);
  record.git_dirty = !status || status->exit_code != 0 || !core::trim(status->output).empty();
}

void add_machine_facts(snapshot::RunRecord& record, core::Notes& notes) {
  const snapshot::Machine machine = snapshot::capture_machine(notes);
  record.cpu = machine.cpu;
  record.microarchitecture = machine.microarchitecture;
  record.kernel = machine.kernel;
  record.glibc = machine.glibc;
  record.nvidia_driver = machine.nvidia_driver;
  for (const snapshot::Gpu& gpu : machine.gpus) record.gpus.push_back(gpu.name);
  record.environment = machine.environment;
}

OutputStamps stamps_of(const std::vector<std::string>& files) {
  OutputStamps stamps;
  for (const std::string& file : files) stamps[file] = archive::stamp_of(file);
  return stamps;
}

void add_outputs(snapshot::RunRecord& record, const OutputStamps& before, core::Notes& notes) {
  for (const auto& [file, stamp] : before) add_output(record, file, stamp, notes);
}

RecordPlace::RecordPlace(const std::string& file, const std::filesystem::path& lock, core::Notes& notes) {
  std::error_code error;
  if (!file.empty()) {
    if (std::filesystem::is_directory(file, error) || !can_write(std::filesystem::path(file).parent_path())) {
      throw core::Error({.code = "file-unwritable",
                         .what = "cannot write `" + core::printable(file) + "`",
                         .where = std::nullopt,
                         .why = {"the command was not run, because its record could not be kept"},
                         .hints = {"name another file, or run without a record: `--no-record`"}});
    }
    file_ = file;
  } else if (!lock.empty()) {
    const std::filesystem::path folder = lock.parent_path() / ".envlock/runs";
    std::filesystem::create_directories(folder, error);
    if (!error && can_write(folder)) {
      keep_out_of_git(folder.parent_path());
      folder_ = folder;
      return;
    }
    notes.warning({.code = "record-unwritable",
                   .what = "the run leaves no record: `" + core::printable(folder.string()) + "` cannot be written",
                   .where = std::nullopt,
                   .why = {},
                   .hints = {"name a file with `--record FILE`"}});
  }
}

void RecordPlace::write(const snapshot::RunRecord& record, core::Notes& notes) const {
  const std::string text = snapshot::format(record);
  // In the folder a record's name is its own hash, so that no two runs collide.
  const std::filesystem::path file =
      file_.empty() ? folder_ / (core::format(core::sha256(text)).substr(0, 24) + ".json") : file_;
  try {
    core::write_file_atomically(file, text);
  } catch (const core::Error& error) {
    for (const core::Diagnostic& diagnostic : error.diagnostics()) notes.warning(diagnostic);
  }
}

void keep_out_of_git(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / ".gitignore";
  std::error_code error;
  if (std::filesystem::exists(std::filesystem::symlink_status(file, error))) return;
  try {
    core::write_file_atomically(file, "*\n");
  } catch (const core::Error&) {
    // Only a convenience.
  }
}

}  // namespace envlock::tools
