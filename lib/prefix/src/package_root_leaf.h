#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>

#include "envlock/core/digest.h"
#include "envlock/prefix/conda_meta.h"
#include "envlock/prefix/layout.h"

namespace envlock::prefix {

/// One path of a package's tree.
struct Leaf {
  std::string path;
  core::Sha256 hash;
  std::uint64_t bytes = 0;  ///< of the file
  bool missing = false;
  bool giant = false;  ///< far too large: its size stands for its bytes
};

/// Reads paths of an environment into leaves; from several threads at once.
class LeafReader {
 public:
  LeafReader(std::filesystem::path prefix, std::optional<Python> python);
  /// Throws: core::Error "file-unreadable".
  Leaf read(const InstalledPath& path);

 private:
  struct Content;
  Content read_content(const InstalledPath& path);
  Content read_file(int descriptor, const InstalledPath& path, std::uint64_t size);
  core::Sha256 hash_with_placeholder(const std::string& bytes, const InstalledPath& path) const;
  core::Sha256 hash_link(const std::string& target) const;
  Content entry_point(const std::string& bytes) const;

  std::filesystem::path prefix_;
  std::string prefix_text_;
  std::optional<Python> python_;
  std::mutex large_file_;  // files that must be in memory as a whole and are large are read one at a time
};

/// The hash of an inner node. Source: docs/formats/prefix.md, as for all hashes here.
core::Sha256 node_hash(const core::Sha256& left, const core::Sha256& right);
/// The root of a tree of so many leaves; `tree` is that of the node on top, or zero for a tree without leaves.
core::Sha256 root_hash(std::size_t leaves, const core::Sha256& tree);

}  // namespace envlock::prefix
