#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "journal.h"
#include "prefix_folder.h"

namespace envlock::prefix {

/// PREFIX/conda-meta/.envlock, which is there while an install works, and locked by it: `lock`, `journal`, `trash/`,
/// `stage/`. Whatever is in it belongs to us.
class JournalFolder {
 public:
  static constexpr std::string_view kPath = "conda-meta/.envlock";
  static constexpr std::string_view kTrash = "conda-meta/.envlock/trash";
  static constexpr std::string_view kStage = "conda-meta/.envlock/stage";

  /// Makes the prefix and the folder where they are missing, and locks it.
  /// Throws: core::Error "prefix-busy", "prefix-unwritable", "disk-full".
  static JournalFolder make(const std::filesystem::path& prefix);
  /// The one that is there, locked. Absent: there is none. Throws: as make.
  static std::optional<JournalFolder> find(const std::filesystem::path& prefix);

  const PrefixFolder& prefix() const { return prefix_; }
  int folder() const { return folder_.get(); }

  /// An empty folder for what is unpacked before it is moved to its place.
  Descriptor make_stage() const;

  /// The journal is on the disk when this returns, and an empty trash folder beside it.
  void write(const Journal& journal) const;
  enum class State { none, begun, committed };
  State state() const;
  /// Throws: core::Error "recovery-failed".
  Journal read() const;
  /// From here on the install holds: what is left to do is to take the trash out.
  void commit() const;

  /// Takes the folder away, trash and all. Folders that make() made go too, when they are empty.
  void remove_all(bool with_prefix) const;

 private:
  JournalFolder(PrefixFolder prefix, Descriptor folder, Descriptor lock)
      : prefix_(std::move(prefix)), folder_(std::move(folder)), lock_(std::move(lock)) {}
  static std::optional<JournalFolder> lock_in(const std::filesystem::path& prefix, std::string_view made);
  void remove_made_folders() const;

  PrefixFolder prefix_;
  Descriptor folder_;
  Descriptor lock_;
};

/// Is there a journal of an install that did not end?
bool has_journal(const std::filesystem::path& prefix);

/// Sets the time of what `folder` holds under `name`, or of `folder` itself for "". Best effort.
void set_time(int folder, const char* name, std::int64_t seconds, std::int64_t nanoseconds = 0);

}  // namespace envlock::prefix
