#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::prefix {

/// What an install is about to do to a prefix: all that undoing it needs. Written before the first change, never
/// changed after. Paths are relative to the prefix. docs/formats/journal.md gives the bytes.
struct Journal {
  /// A file or link that goes out of the way. To trash/N, N being its place in `moves`, or, when `kept` is not empty,
  /// to that path, where it stays for the user.
  struct Move {
    std::string path;
    std::string kept;
    bool operator==(const Move&) const = default;
  };
  struct Folder {
    std::string path;
    std::uint32_t mode = 0755;
    std::int64_t mtime_nanoseconds = 0;
    bool operator==(const Folder&) const = default;
  };

  std::int64_t time_seconds = 0;             ///< that conda-meta gets when all is done
  std::vector<Move> moves;                   ///< sorted by path
  std::vector<Folder> removed_folders;       ///< empty by then; inner ones first
  std::vector<std::string> created_folders;  ///< did not exist before; outer ones first
  std::vector<std::string> created_files;    ///< sorted; nothing was there, or it is in `moves`
  std::vector<Folder> touched_folders;       ///< exist before and after; their times as they were

  bool operator==(const Journal&) const = default;
};

std::string format(const Journal& journal);
/// Throws: core::Error "recovery-failed" when the bytes are not whole or of a newer version.
Journal parse_journal(std::string_view bytes);

}  // namespace envlock::prefix
