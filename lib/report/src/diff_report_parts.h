#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "envlock/diff/diff.h"

namespace envlock::report {

/// The changes that one thing brought about, or that belong together otherwise. Refers to the diff.
struct DiffSection {
  enum class Kind {
    requests,  ///< asked for
    cause,     ///< because of `root`
    rest,      ///< nothing forces these
  };
  Kind kind = Kind::rest;
  std::string root;  ///< name of the cause
  const diff::ChangeGroup* root_group =
      nullptr;  ///< its change; null for a virtual package, or where platforms differ in it
  std::vector<const diff::ChangeGroup*> rows;     ///< what is worth a row
  std::vector<const diff::ChangeGroup*> rebuilt;  ///< nothing but another build: names are enough
  /// Nothing but another channel, by (from, to): names are enough.
  struct Move {
    diff::PackageKind kind = diff::PackageKind::conda;
    std::string from, to;
    std::vector<const diff::ChangeGroup*> packages;
  };
  std::vector<Move> moves;
};
/// In the order of the diff.
std::vector<DiffSection> sections_of(const diff::Diff& diff);

/// How many changes of each kind, each told once for all platforms; indexed by diff::ChangeKind.
std::array<std::size_t, diff::kChangeKinds> count_kinds(const diff::Diff& diff);

/// "channel"; of pypi "source": an index, a folder or a repository.
std::string_view channel_word(diff::PackageKind kind);
/// "conda-forge" of its usual URL; any other channel as it is.
std::string short_channel(const std::string& channel);
/// "numpy", "torch (pypi)".
std::string display_name(const diff::Change& change);
/// "1.26.3 → 1.26.4", "1.26.4", as plain text from the files.
std::string versions_of(const diff::Change& change);
/// The old and the new side: versions, or the builds, hashes or channels where these differ.
struct Sides {
  std::string from, to;
};
Sides sides_of(const diff::ChangeGroup& group);
/// What it is: "major", "downgrade, minor", "added", "other hash", "CUDA build → CPU build, channel a → b". Plain.
std::vector<std::string> details_of(const diff::ChangeGroup& group);
/// "linux-64, osx-64"; "" when it is so everywhere.
std::string platforms_of(const diff::ChangeGroup& group);
/// "2 added, 14 upgraded, 1 downgraded, 40 rebuilt"; "" for none.
std::string totals_of(const diff::Diff& diff);

}  // namespace envlock::report
