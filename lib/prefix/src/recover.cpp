// Undoing. What was moved away is the proof of how far an install came: while trash/N is there, move N was done and
// not yet undone, so what lies in its place is ours and may go. Once it is back, its place is not touched again.

#include "recover.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <unordered_map>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/prefix/transaction.h"
#include "fault.h"

namespace envlock::prefix {
namespace {

class Undoing {
 public:
  Undoing(const JournalFolder& folder, const Journal& journal)
      : folder_(folder),
        journal_(journal),
        place_(folder.prefix()),
        other_place_(folder.prefix()),
        trash_(folder.prefix().open(JournalFolder::kTrash)) {}

  void run() {
    for (std::size_t i = 0; i < journal_.moves.size(); ++i) move_of_.emplace(journal_.moves[i].path, i);
    remove_created_files();
    remove_created_folders();
    make_removed_folders();
    for (std::size_t i = 0; i < journal_.moves.size(); ++i) move_back(i);
    restore_folder_times();
    check_trash_is_empty();
    if (!failures_.empty()) throw_failures();
  }

 private:
  bool is_moved(std::size_t move) {
    const Journal::Move& entry = journal_.moves[move];
    if (!entry.kept.empty()) return place_.status(entry.kept).has_value();
    struct stat status {};
    return trash_ && fstatat(trash_.get(), std::to_string(move).c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  }

  /// A folder that is not there has nothing in it to undo.
  static bool is_absence(int error) { return error == ENOENT || error == ENOTDIR; }

  void fail(const std::string& path, int error) {
    failures_.push_back("`" + core::printable(path) + "`: " + std::strerror(error));
  }

  void remove_created_files() {
    for (const std::string& path : journal_.created_files) {
      const auto move = move_of_.find(path);
      if (move != move_of_.end() && !is_moved(move->second)) continue;
      fault_point("undo-file");
      const int folder = place_.folder_of(path);
      if (folder < 0) {
        // A link in a folder's place was put there by others; what is behind it is not ours.
        if (!is_absence(errno) && errno != ELOOP && errno != EXDEV) fail(path, errno);
        continue;
      }
      // A folder is none of our files.
      if (unlinkat(folder, Cursor::name_of(path).c_str(), 0) != 0 && !is_absence(errno) && errno != EISDIR) {
        fail(path, errno);
      }
    }
  }

  void remove_created_folders() {
    for (auto path = journal_.created_folders.rbegin(); path != journal_.created_folders.rend(); ++path) {
      if (*path == "conda-meta") continue;  // the journal itself is in it
      fault_point("undo-mkdir");
      place_.reset();
      const int folder = place_.folder_of(*path);
      if (folder < 0) continue;
      // Not empty: somebody put something there meanwhile, and it stays.
      if (unlinkat(folder, Cursor::name_of(*path).c_str(), AT_REMOVEDIR) != 0 && !is_absence(errno) &&
          errno != ENOTEMPTY && errno != EEXIST) {
        fail(*path, errno);
      }
    }
    place_.reset();
  }

  void make_removed_folders() {
    for (auto entry = journal_.removed_folders.rbegin(); entry != journal_.removed_folders.rend(); ++entry) {
      fault_point("undo-rmdir");
      const int folder = place_.folder_of(entry->path);
      const std::string name = Cursor::name_of(entry->path);
      if (folder < 0 || (mkdirat(folder, name.c_str(), 0700) != 0 && errno != EEXIST)) {
        fail(entry->path, errno);
      } else {
        (void)fchmodat(folder, name.c_str(), entry->mode, 0);
      }
      place_.reset();
    }
  }

  void move_back(std::size_t move) {
    if (!is_moved(move)) return;
    fault_point("undo-move");
    const Journal::Move& entry = journal_.moves[move];
    const int target = place_.folder_of(entry.path);
    if (target < 0) return fail(entry.path, errno);
    const int source = entry.kept.empty() ? trash_.get() : other_place_.folder_of(entry.kept);
    const std::string source_name = entry.kept.empty() ? std::to_string(move) : Cursor::name_of(entry.kept);
    if (renameat(source, source_name.c_str(), target, Cursor::name_of(entry.path).c_str()) != 0) {
      fail(entry.path, errno);
    }
  }

  void restore_folder_times() {
    constexpr std::int64_t kBillion = 1'000'000'000;
    const auto restore = [&](const Journal::Folder& entry) {
      const Descriptor folder = folder_.prefix().open(entry.path);
      std::int64_t seconds = entry.mtime_nanoseconds / kBillion, rest = entry.mtime_nanoseconds % kBillion;
      if (rest < 0) seconds -= 1, rest += kBillion;
      if (folder) set_time(folder.get(), "", seconds, rest);
    };
    fault_point("undo-times");
    for (const Journal::Folder& entry : journal_.removed_folders) restore(entry);
    for (const Journal::Folder& entry : journal_.touched_folders) restore(entry);
  }

  void check_trash_is_empty() {
    if (!trash_ || !failures_.empty()) return;
    for (const std::string& name : names_in(trash_.get())) {
      failures_.push_back("`" + core::printable(folder_.prefix().shown(JournalFolder::kTrash) + "/" + name) +
                          "` is left over");
    }
  }

  [[noreturn]] void throw_failures() {
    constexpr std::size_t kShown = 10;
    const std::size_t count = failures_.size();
    if (count > kShown) {
      failures_.resize(kShown);
      failures_.push_back("and " + std::to_string(count - kShown) + " more");
    }
    throw core::Error({.code = "recovery-failed",
                       .what = "an interrupted install in `" + core::printable(folder_.prefix().path().string()) +
                               "` could not be undone wholly",
                       .why = failures_,
                       .hints = {"make the prefix writable and make room on its disk, then run the same command again",
                                 "what was moved away is in `" +
                                     core::printable(folder_.prefix().shown(JournalFolder::kTrash)) + "`"}});
  }

  const JournalFolder& folder_;
  const Journal& journal_;
  Cursor place_, other_place_;
  Descriptor trash_;
  std::unordered_map<std::string, std::size_t> move_of_;  // looked up only
  std::vector<std::string> failures_;
};

void check_no_orphans(const JournalFolder& folder) {
  const Descriptor trash = folder.prefix().open(JournalFolder::kTrash);
  if (!trash || names_in(trash.get()).empty()) return;
  const std::string shown = core::printable(folder.prefix().shown(JournalFolder::kTrash));
  throw core::Error(
      {.code = "recovery-failed",
       .what = "`" + shown + "` holds files of an interrupted install, but its journal is gone",
       .why = {"without the journal nobody knows where they belong"},
       .hints = {"move them to where you want them, remove `" + shown + "`, and run the same command again"}});
}

}  // namespace

void undo(const JournalFolder& folder, const Journal& journal) {
  Undoing(folder, journal).run();
  fault_point("undone");
  folder.remove_all(true);
}

bool is_interrupted(const std::filesystem::path& prefix) {
  return has_journal(prefix);
}

bool recover(const std::filesystem::path& prefix) {
  const std::optional<JournalFolder> folder = JournalFolder::find(prefix);
  if (!folder) return false;
  switch (folder->state()) {
    case JournalFolder::State::begun:
      undo(*folder, folder->read());
      return true;
    case JournalFolder::State::committed: {
      const Journal journal = folder->read();
      folder->remove_all(false);
      if (const Descriptor meta = folder->prefix().open("conda-meta")) set_time(meta.get(), "", journal.time_seconds);
      return false;
    }
    case JournalFolder::State::none:
      check_no_orphans(*folder);
      folder->remove_all(true);
      return false;
  }
  return false;
}

}  // namespace envlock::prefix
