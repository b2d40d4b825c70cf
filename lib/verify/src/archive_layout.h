#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "envlock/conda/package_record.h"
#include "envlock/prefix/layout.h"
#include "layout.h"
#include "tree.h"

namespace envlock::verify {

/// What every package of one prefix is read against.
struct PrefixView {
  const Folder* folder = nullptr;
  const Tree* tree = nullptr;
  /// Paths that mean this prefix, in the order they are tried; the first is the one a tool would write today.
  std::vector<std::string> names;
  /// Paths that mean another place, which files were found to be installed to; tried last.
  std::vector<std::string> elsewhere;
  std::optional<prefix::Python> python;
  /// By node: its stamp is still the one that the last full verification left. Empty: not known.
  std::vector<char> unchanged;

  bool is_unchanged(const Node& node) const { return !unchanged.empty() && unchanged[tree->index_of(node)] != 0; }
};

/// Archives that may be the one with the record's hash. Each is hashed while it is read; one with another hash is
/// passed over, and nothing of what it said is kept.
struct Candidates {
  std::vector<std::filesystem::path> files;
  std::string searched;  ///< for people: where they were looked for
};
Candidates find_candidates(const conda::PackageRecord& record, const VerifyOptions& options);

/// The layout that the record's archive gives, its placeholder files already held against the disk. Proof::none with a
/// reason when no candidate has the hash.
PackageLayout read_archive(const conda::PackageRecord& record, const Candidates& candidates, const PrefixView& view);

/// Where a file on disk first differs from the archive's, by its path in the package. Reads the archive once more.
/// Absent for files that are equal after all (the archive's manifest told another hash).
struct Difference {
  std::string package_path;
  const Node* node = nullptr;
  bool compared = false;
  std::optional<std::uint64_t> offset;
};
void find_differences(const std::filesystem::path& archive, const PrefixView& view,
                      std::vector<Difference>& differences);

}  // namespace envlock::verify
