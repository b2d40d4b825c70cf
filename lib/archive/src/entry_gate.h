#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "entry_tree.h"
#include "envlock/archive/package.h"
#include "tar_reader.h"

namespace envlock::archive {

/// Stands before the sink: checks every entry by itself and against the others, and counts them against the limits.
class EntryGate {
 public:
  EntryGate(const std::string& file, const Limits& limits, EntrySink& sink)
      : file_(file), limits_(limits), sink_(sink) {}

  /// The name that an entry is known by after the checks; empty for the root itself, which is no entry.
  /// Throws: core::Error "archive-unsafe".
  std::string checked_path(std::string_view name) const;
  /// Checks, and begins the entry at the sink. False: a folder that is known already, which is passed over.
  bool begin(Entry entry);
  void data(std::string_view bytes) { sink_.data(bytes); }
  void end() { sink_.end(); }
  /// A hard link. When the sink does not know the content any more, it is owed: see owed().
  void hard_link(Entry entry, std::string_view target);
  /// The entries whose content must be handed over once more, by the path of the file that they are.
  const std::map<std::string, std::vector<Entry>>& owed() const { return owed_; }
  /// Hands over an entry that was owed.
  void pay(const Entry& entry, std::string_view bytes);
  /// Checks that need all entries: where the symlinks lead in the end.
  void finish() const;

 private:
  void count(const Entry& entry);
  std::string check_and_add(Entry& entry);

  const std::string& file_;
  const Limits& limits_;
  EntrySink& sink_;
  EntryTree tree_;
  std::vector<std::string> symlinks_;
  std::map<std::string, std::string> links_;  // hard links, and the files that they are
  std::map<std::string, std::vector<Entry>> owed_;
  std::uint64_t entries_ = 0, name_bytes_ = 0, bytes_ = 0, info_bytes_ = 0;
};

/// Is it a file of the package's own description?
bool is_info(std::string_view path);

}  // namespace envlock::archive
