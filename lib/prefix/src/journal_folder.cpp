#include "journal_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "fault.h"
#include "system_error.h"

namespace envlock::prefix {
namespace {

constexpr const char* kLock = "lock";
constexpr const char* kJournal = "journal";
constexpr const char* kNewJournal = "journal.new";
constexpr const char* kDone = "journal.done";
constexpr const char* kTrashName = "trash";
constexpr const char* kStageName = "stage";

bool exists(int folder, const char* name) {
  struct stat status {};
  return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

/// The missing folders on the way to `prefix`, made; how many there were, the prefix included.
int make_folders(const std::filesystem::path& prefix) {
  struct stat status {};
  if (stat(prefix.c_str(), &status) == 0) {
    if (!S_ISDIR(status.st_mode)) throw_system_error("make the folder", prefix.string(), ENOTDIR);
    return 0;
  }
  const std::filesystem::path parent = prefix.parent_path();
  const int above = parent.empty() || parent == prefix ? 0 : make_folders(parent);
  if (mkdir(prefix.c_str(), 0755) == 0) return above + 1;
  const int error = errno;
  // In /proc and its like nothing can be made, and the system's word for that is "No such file or directory".
  if (error == ENOENT && stat(parent.c_str(), &status) == 0) {
    throw core::Error({.code = "prefix-unwritable",
                       .what = "cannot make the folder `" + core::printable(prefix.string()) + "`",
                       .why = {"the file system of `" + core::printable(parent.string()) + "` makes no folders"},
                       .hints = {"choose a prefix that you may write to"}});
  }
  if (error != EEXIST) throw_system_error("make the folder", prefix.string(), error);
  return above;
}

/// The innermost `count` folders of a path, as long as they are empty.
void remove_folders(std::filesystem::path path, int count) {
  for (; count > 0 && rmdir(path.c_str()) == 0; --count) path = path.parent_path();
}

/// A folder without folders in it.
void remove_flat_folder(int parent, const char* folder_name) {
  if (const Descriptor folder(openat(parent, folder_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)); folder) {
    for (const std::string& name : names_in(folder.get())) {
      fault_point("empty-trash");
      (void)unlinkat(folder.get(), name.c_str(), 0);
    }
  }
  (void)unlinkat(parent, folder_name, AT_REMOVEDIR);
}

/// Returns true when it was missing.
bool make_folder(int parent, const char* name, const std::string& shown) {
  if (mkdirat(parent, name, 0755) == 0) return true;
  if (errno != EEXIST) throw_system_error("make the folder", shown, errno);
  return false;
}

}  // namespace

void set_time(int folder, const char* name, std::int64_t seconds, std::int64_t nanoseconds) {
  const struct timespec both[2] = {{seconds, nanoseconds}, {seconds, nanoseconds}};
  if (*name == '\0') {
    (void)futimens(folder, both);
  } else {
    (void)utimensat(folder, name, both, AT_SYMLINK_NOFOLLOW);
  }
}

JournalFolder JournalFolder::make(const std::filesystem::path& prefix) {
  // Another process that ends may take the folder away between any two steps: then begin again.
  for (int attempt = 0; attempt < 100; ++attempt) {
    const int parents = make_folders(prefix);
    const PrefixFolder root(prefix);
    const bool made_meta = make_folder(root.root(), "conda-meta", root.shown("conda-meta"));
    // Whatever the umask takes away: what is in a prefix does not depend on it.
    if (parents > 0) (void)fchmod(root.root(), 0755);
    if (made_meta) (void)fchmodat(root.root(), "conda-meta", 0755, 0);
    const Descriptor meta = root.open("conda-meta");
    if (!meta && errno == ENOENT) continue;
    if (!meta) throw_system_error("open the folder", root.shown("conda-meta"), errno);
    if (mkdirat(meta.get(), ".envlock", 0755) != 0 && errno != EEXIST) {
      if (errno == ENOENT) continue;
      throw_system_error("make the folder", root.shown(kPath), errno);
    }
    try {
      fault_point("made-folder");
      const std::string made = "folders " + std::to_string(parents) + "\nconda-meta " + (made_meta ? "1" : "0") + "\n";
      if (std::optional<JournalFolder> folder = lock_in(prefix, made)) return std::move(*folder);
    } catch (...) {
      // Each only when it is empty: with a lock in it the folder is another one's.
      (void)unlinkat(meta.get(), ".envlock", AT_REMOVEDIR);
      if (made_meta) (void)unlinkat(root.root(), "conda-meta", AT_REMOVEDIR);
      remove_folders(prefix, parents);
      throw;
    }
  }
  throw_system_error("lock the folder", (prefix / kPath).string(), ENOENT);
}

std::optional<JournalFolder> JournalFolder::find(const std::filesystem::path& prefix) {
  struct stat status {};
  for (int attempt = 0; attempt < 100; ++attempt) {
    if (stat(prefix.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return std::nullopt;
    const PrefixFolder root(prefix);
    if (!root.open(kPath)) return std::nullopt;
    if (std::optional<JournalFolder> folder = lock_in(prefix, "")) return folder;
  }
  return std::nullopt;
}

std::optional<JournalFolder> JournalFolder::lock_in(const std::filesystem::path& prefix, std::string_view made) {
  PrefixFolder root(prefix);
  Descriptor folder = root.open(kPath);
  if (!folder) return std::nullopt;
  Descriptor lock(openat(folder.get(), kLock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!lock && errno == ENOENT) return std::nullopt;
  if (!lock) throw_system_error("write", root.shown(kPath), errno);
  // A file system without locks is no reason to fail.
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    throw core::Error({.code = "prefix-busy",
                       .what = "another envlock works on `" + core::printable(prefix.string()) + "`",
                       .hints = {"wait until it has ended, then run the same command again"}});
  }
  // The file may have been removed by who held the lock until now: then it guards nothing.
  struct stat ours {
  }, there{};
  if (fstat(lock.get(), &ours) != 0 || fstatat(folder.get(), kLock, &there, AT_SYMLINK_NOFOLLOW) != 0 ||
      ours.st_ino != there.st_ino || ours.st_dev != there.st_dev) {
    return std::nullopt;
  }
  // What an interrupted run made stays written there.
  if (ours.st_size == 0 && !made.empty() && (!write_all(lock.get(), made) || fsync(lock.get()) != 0)) {
    const int error = errno;
    JournalFolder(std::move(root), std::move(folder), std::move(lock)).remove_all(true);
    throw_system_error("write", (prefix / kPath).string(), error);
  }
  return JournalFolder(std::move(root), std::move(folder), std::move(lock));
}

void JournalFolder::write(const Journal& journal) const {
  const std::string shown = prefix_.shown(std::string(kPath) + "/journal");
  make_folder(folder(), kTrashName, shown);
  const Descriptor file(openat(folder(), kNewJournal, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file) throw_system_error("write", shown, errno);
  if (!write_all(file.get(), format(journal)) || fsync(file.get()) != 0) throw_system_error("write", shown, errno);
  fault_point("journal");
  if (renameat(folder(), kNewJournal, folder(), kJournal) != 0) throw_system_error("write", shown, errno);
  // A file system that cannot sync folders is no reason to fail.
  (void)fsync(folder());
}

JournalFolder::State JournalFolder::state() const {
  if (exists(folder(), kDone)) return State::committed;
  return exists(folder(), kJournal) ? State::begun : State::none;
}

Journal JournalFolder::read() const {
  const char* name = state() == State::committed ? kDone : kJournal;
  const Descriptor file(openat(folder(), name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  const std::optional<std::string> bytes = file ? read_all(file.get()) : std::nullopt;
  if (!bytes) {
    throw core::Error({.code = "recovery-failed",
                       .what = "cannot read `" + core::printable(prefix_.shown(std::string(kPath) + "/journal")) + "`",
                       .hints = {"make it readable, then run the same command again"}});
  }
  return parse_journal(*bytes);
}

void JournalFolder::commit() const {
  if (renameat(folder(), kJournal, folder(), kDone) != 0) {
    throw_system_error("write", prefix_.shown(std::string(kPath) + "/journal"), errno);
  }
  (void)fsync(folder());
}

Descriptor JournalFolder::make_stage() const {
  make_folder(folder(), kStageName, prefix_.shown(kStage));
  Descriptor stage = prefix_.open(kStage);
  if (!stage) throw_system_error("open the folder", prefix_.shown(kStage), errno);
  return stage;
}

void JournalFolder::remove_all(bool with_prefix) const {
  fault_point("remove-trash");
  remove_flat_folder(folder(), kTrashName);
  remove_flat_folder(folder(), kStageName);
  (void)unlinkat(folder(), kNewJournal, 0);
  fault_point("remove-journal");
  // Exactly one of the two is there, or none. The lock goes last: while it is held nobody else begins.
  (void)unlinkat(folder(), kJournal, 0);
  (void)unlinkat(folder(), kDone, 0);
  fault_point("remove-lock");
  if (with_prefix) {
    remove_made_folders();
    return;
  }
  (void)unlinkat(folder(), kLock, 0);
  const Descriptor meta = prefix_.open("conda-meta");
  if (meta) (void)unlinkat(meta.get(), ".envlock", AT_REMOVEDIR);
}

void JournalFolder::remove_made_folders() const {
  // Without a word of it, the kill came when the folders had just been made; what is empty then is no loss.
  int folders = 1, meta = 1;
  if (lseek(lock_.get(), 0, SEEK_SET) == 0) {
    const std::string text = read_all(lock_.get()).value_or("");
    if (!text.empty() && std::sscanf(text.c_str(), "folders %d conda-meta %d", &folders, &meta) != 2) {
      folders = meta = 0;
    }
  }
  (void)unlinkat(folder(), kLock, 0);
  const Descriptor conda_meta = prefix_.open("conda-meta");
  if (conda_meta) (void)unlinkat(conda_meta.get(), ".envlock", AT_REMOVEDIR);
  if (meta == 1) (void)unlinkat(prefix_.root(), "conda-meta", AT_REMOVEDIR);
  remove_folders(prefix_.path(), folders);
}

bool has_journal(const std::filesystem::path& prefix) {
  struct stat status {};
  return lstat((prefix / JournalFolder::kPath / kJournal).c_str(), &status) == 0;
}

}  // namespace envlock::prefix
