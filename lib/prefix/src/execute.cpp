#include "execute.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <map>
#include <utility>

#include "compile_pyc.h"
#include "envlock/core/parallel.h"
#include "envlock/core/text.h"
#include "fault.h"
#include "link_files.h"
#include "link_scripts.h"
#include "system_error.h"

namespace envlock::prefix {
namespace {

class Executing {
 public:
  Executing(const ExecuteInput& input, core::Progress& progress, core::Notes& notes)
      : input_(input), plan_(input.plan), prefix_(input.folder.prefix()), progress_(progress), notes_(notes) {}

  InstallResult run() {
    run_scripts_before();
    move_away();
    remove_folders();
    make_folders();
    link();
    check_not_stopped(input_.options);
    compile();
    check_not_stopped(input_.options);
    run_scripts_after();
    write_conda_meta();
    set_folder_times();
    restamp();
    check_not_stopped(input_.options);
    return std::move(result_);
  }

 private:
  std::string shown(std::string_view path) const { return prefix_.shown(path); }

  void run_scripts_before() {
    for (const InstalledPackage& package : input_.difference.to_remove) {
      const std::string script = "bin/." + package.record.name + "-pre-unlink.sh";
      const bool has = std::any_of(package.paths.begin(), package.paths.end(),
                                   [&](const InstalledPath& path) { return path.path == script; });
      if (!has) continue;
      if (input_.options.scripts == Scripts::run) {
        run_script(script, package.record);
      } else {
        result_.scripts.push_back(script);
      }
    }
  }

  void run_scripts_after() {
    for (const PostLink& link : plan_.post_links.to_run) run_script(link.script, link.record);
    for (const PostLink& link : plan_.post_links.to_list) result_.scripts.push_back(link.script);
  }

  void run_script(const std::string& script, const conda::PackageRecord& record) {
    try {
      run_link_script(input_.prefix, script, record);
    } catch (const core::Error&) {
      check_not_stopped(input_.options);  // what stopped us may have stopped it
      throw;
    }
    result_.scripts_run.push_back(script);
    check_not_stopped(input_.options);
  }

  void move_away() {
    const Descriptor trash = prefix_.open(JournalFolder::kTrash);
    Cursor from(prefix_);
    for (std::size_t i = 0; i < plan_.journal.moves.size(); ++i) {
      fault_point("move");
      const Journal::Move& move = plan_.journal.moves[i];
      const int folder = from.folder_of(move.path);
      const std::string name = Cursor::name_of(move.path);
      const int target = move.kept.empty() ? trash.get() : folder;
      const std::string target_name = move.kept.empty() ? std::to_string(i) : Cursor::name_of(move.kept);
      if (folder < 0 || renameat(folder, name.c_str(), target, target_name.c_str()) != 0) {
        throw_system_error("move away", shown(move.path), errno);
      }
    }
  }

  void remove_folders() {
    for (const Journal::Folder& entry : plan_.journal.removed_folders) {
      fault_point("rmdir");
      Cursor cursor(prefix_);
      const int folder = cursor.folder_of(entry.path);
      if (folder < 0 || unlinkat(folder, Cursor::name_of(entry.path).c_str(), AT_REMOVEDIR) != 0) {
        throw_system_error("remove the folder", shown(entry.path), errno);
      }
    }
  }

  void make_folders() {
    Cursor cursor(prefix_);
    for (const std::string& path : plan_.journal.created_folders) {
      fault_point("mkdir");
      const int folder = cursor.folder_of(path);
      const std::string name = Cursor::name_of(path);
      if (folder < 0 || mkdirat(folder, name.c_str(), 0755) != 0) {
        throw_system_error("make the folder", shown(path), errno);
      }
      // Whatever the umask takes away.
      (void)fchmodat(folder, name.c_str(), 0755, 0);
    }
  }

  void link() {
    const std::size_t count = plan_.files.size();
    const int task = progress_.start("linking", count, core::Progress::Unit::steps);
    std::atomic<std::size_t> done{0};
    linked_ = link_files({.prefix = prefix_,
                          .prefix_text = input_.prefix,
                          .plan = plan_,
                          .method = input_.options.link,
                          .threads = input_.options.threads,
                          .done_one = [&] {
                            const std::size_t now = ++done;
                            if (now % 64 == 0 || now == count) progress_.update(task, now, count);
                            check_not_stopped(input_.options);
                          }});
    progress_.finish(task);
    for (const LinkedFile& file : linked_) count_linked(file);
  }

  /// Links change the ctime of the cached files. As late as can be: the clock has moved on since the last one then.
  void restamp() {
    if (result_.hardlinked == 0) return;
    fault_point("restamp");
    std::vector<archive::PackageCache::Restamped> packages(plan_.packages.size());
    for (std::size_t i = 0; i < packages.size(); ++i) {
      packages[i].package = plan_.packages[i].unpacked;
      packages[i].folder = plan_.packages[i].files.get();
    }
    for (const PlannedFile& file : plan_.files) {
      if (file.cached == nullptr || file.source == FileSource::symlink) continue;
      archive::PackageCache::Restamped& package = packages[file.package];
      package.files.push_back(static_cast<std::size_t>(file.cached - package.package->files.data()));
    }
    input_.cache.restamp(packages, input_.options.threads);
  }

  void count_linked(const LinkedFile& file) {
    using How = LinkedFile::How;
    if (file.how == How::none) return;
    ++result_.linked_files;
    result_.bytes += file.size;
    result_.reflinked += file.how == How::reflink ? 1 : 0;
    result_.hardlinked += file.how == How::hardlink ? 1 : 0;
    result_.copied += file.how == How::copy ? 1 : 0;
    result_.rewritten += file.how == How::rewrite ? 1 : 0;
  }

  void compile() {
    constexpr std::size_t kBatch = 32;
    const std::optional<Python> python = python_of(input_.target);
    PycInput input{.prefix = input_.prefix, .executable = python ? python->executable : ""};
    input.threads = input_.options.threads;
    input.is_stopped = input_.options.is_stopped;
    std::vector<std::vector<std::size_t>> places;   // in plan.files, as input.batches
    std::map<std::size_t, std::size_t> open_batch;  // package -> its last batch
    for (std::size_t i = 0; i < plan_.files.size(); ++i) {
      const PlannedFile& file = plan_.files[i];
      if (file.source != FileSource::pyc) continue;
      const auto [batch, is_new] = open_batch.emplace(file.package, input.batches.size());
      if (!is_new && places[batch->second].size() == kBatch) batch->second = input.batches.size();
      if (batch->second == input.batches.size()) input.batches.emplace_back(), places.emplace_back();
      input.batches[batch->second].sources.push_back(file.bytes);
      places[batch->second].push_back(i);
    }
    if (input.batches.empty()) return;
    fault_point("compile");
    const PycOutput output = compile_pyc(input);
    check_not_stopped(input_.options);
    for (std::size_t batch = 0; batch < places.size(); ++batch) {
      for (std::size_t i = 0; i < places[batch].size(); ++i) write_pyc(places[batch][i], output.files[batch][i]);
    }
    finish_compiling(output);
  }

  void write_pyc(std::size_t index, const std::optional<std::string>& bytes) {
    const PlannedFile& file = plan_.files[index];
    if (!bytes) {
      result_.not_compiled.push_back(file.bytes);
      return;
    }
    fault_point("pyc");
    Cursor cursor(prefix_);
    write_new_file(cursor, file.path, *bytes, 0644, file.time_seconds);
    linked_[index] = {LinkedFile::How::written, core::sha256(*bytes), bytes->size()};
    ++result_.compiled;
    count_linked(linked_[index]);
  }

  void finish_compiling(const PycOutput& output) {
    std::sort(result_.not_compiled.begin(), result_.not_compiled.end());
    if (!output.problem.empty()) {
      notes_.note({.code = "pyc-not-compiled",
                   .what = "the environment's python could not compile all of its modules",
                   .why = {core::printable(output.problem)},
                   .hints = {"modules are compiled when they are first imported, then; to not try, give "
                             "`--no-compile`"}});
    }
    if (result_.not_compiled.empty()) return;
    Cursor cursor(prefix_);
    for (const std::string& path : plan_.journal.created_folders) {
      if (!path.ends_with("/__pycache__")) continue;
      // Only when nothing is in it.
      if (const int folder = cursor.folder_of(path); folder >= 0) (void)unlinkat(folder, "__pycache__", AT_REMOVEDIR);
    }
    // A python that does not run says nothing about the sources.
    if (!output.problem.empty()) result_.not_compiled.clear();
  }

  /// What conda-meta says of a new package, with the hashes of what is there now.
  InstalledPackage finished(std::size_t package) {
    InstalledPackage installed = std::move(plan_.packages[package].installed);
    for (const std::size_t i : files_of_[package]) {
      installed.paths[plan_.files[i].entry].sha256_in_prefix = linked_[i].sha256_in_prefix;
    }
    for (const Plan::Loser& loser : plan_.losers) {
      if (loser.package != package) continue;
      installed.paths[loser.entry].sha256_in_prefix =
          loser.winner == kNone ? loser.sha256_in_prefix : linked_[loser.winner].sha256_in_prefix;
    }
    std::erase_if(installed.paths, [](const InstalledPath& path) {
      return path.type == InstalledType::pyc_file && !path.sha256_in_prefix && !path.sha256;
    });
    const auto before = [](const InstalledPath& left, const InstalledPath& right) { return left.path < right.path; };
    if (!std::is_sorted(installed.paths.begin(), installed.paths.end(), before)) {
      std::sort(installed.paths.begin(), installed.paths.end(), before);
    }
    return installed;
  }

  InstalledPackage finished(const Plan::Restated& restated) const {
    InstalledPackage installed = restated.installed;
    for (const Plan::Restated::Taken& path : restated.taken) {
      installed.paths[path.entry].sha256_in_prefix = linked_[path.winner].sha256_in_prefix;
    }
    return installed;
  }

  void write_conda_meta() {
    files_of_.resize(plan_.packages.size());
    std::vector<std::size_t> records;
    for (std::size_t i = 0; i < plan_.files.size(); ++i) {
      const PlannedFile& file = plan_.files[i];
      if (file.package != kNone && file.entry != kNone) files_of_[file.package].push_back(i);
      if (file.source == FileSource::meta) records.push_back(i);
    }
    std::map<std::string, const Plan::Restated*> restated;
    for (const Plan::Restated& package : plan_.restated) {
      restated.emplace("conda-meta/" + package.installed.meta_file, &package);
    }
    core::parallel_for(records.size(), input_.options.threads, [&](std::size_t i) {
      const PlannedFile& file = plan_.files[records[i]];
      const std::string text =
          format(file.package != kNone ? finished(file.package) : finished(*restated.at(file.path)));
      fault_point("meta");
      Cursor cursor(prefix_);
      write_new_file(cursor, file.path, text, 0644, file.time_seconds);
    });
  }

  /// Last of all: every file that is made in a folder changes its time.
  void set_folder_times() {
    fault_point("times");
    const std::int64_t time = plan_.journal.time_seconds;
    Cursor cursor(prefix_);
    const auto set = [&](const std::string& path) {
      if (const int folder = cursor.folder_of(path); folder >= 0) set_time(folder, leaf_of(path).data(), time);
    };
    for (const std::string& path : plan_.journal.created_folders) set(path);
    for (const Journal::Folder& entry : plan_.journal.touched_folders) set(entry.path);
    set_time(prefix_.root(), "", time);
  }

  const ExecuteInput& input_;
  Plan& plan_;
  const PrefixFolder& prefix_;
  core::Progress& progress_;
  core::Notes& notes_;
  InstallResult result_;
  std::vector<LinkedFile> linked_;
  std::vector<std::vector<std::size_t>> files_of_;
};

}  // namespace

void check_not_stopped(const InstallOptions& options) {
  if (!options.is_stopped || !options.is_stopped()) return;
  throw core::Error({.code = "interrupted",
                     .what = "the install was interrupted, and the prefix put back as it was",
                     .hints = {"run the same command again"}});
}

InstallResult execute(const ExecuteInput& input, core::Progress& progress, core::Notes& notes) {
  return Executing(input, progress, notes).run();
}

}  // namespace envlock::prefix
