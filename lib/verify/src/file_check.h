#pragma once

#include <optional>
#include <string>
#include <vector>

#include "archive_layout.h"
#include "hash_store.h"
#include "layout.h"
#include "tree.h"

namespace envlock::verify {

/// One way in which a path is not what its package says.
struct Problem {
  enum class Kind { missing, unseen, bytes, mode, type, target, not_read, moved, loose_mode };
  Kind kind = Kind::bytes;
  std::size_t path = 0;          ///< index into the layout's paths
  const Node* node = nullptr;    ///< null when missing or unseen
  std::vector<std::string> why;  ///< want, have and further facts; of `unseen` the place that hides it, and the reason
  bool at_archive = false;       ///< the archive can tell where the bytes differ
};

/// Which nodes a layout needs hashes of, in order of its paths.
std::vector<const Node*> files_to_hash(const PackageLayout& layout, const Tree& tree);
/// A file so large that its size alone tells.
bool is_far_too_large(const WantedPath& wanted, const Node& node);

/// What checking a layout gives: problems in the order of its paths, the dialects met, and which paths could not be
/// held against anything.
struct CheckedLayout {
  std::vector<Problem> problems;
  std::vector<std::string> dialects;  ///< sorted
  std::size_t present = 0;            ///< paths that are there
  std::size_t unproved = 0;           ///< there, with nothing to hold them against
};
CheckedLayout check_layout(const PackageLayout& layout, const PrefixView& view, const HashStore& hashes);

/// The name of a dialect in documents.
std::string name_of(prefix::Dialect dialect);

}  // namespace envlock::verify
