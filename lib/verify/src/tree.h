#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/archive/package_cache.h"

namespace envlock::verify {

enum class NodeKind { file, symlink, directory, other };

/// One thing in the prefix, as lstat tells.
struct Node {
  std::string path;  ///< relative to the prefix, forward slashes, bytes as they are
  NodeKind kind = NodeKind::file;
  std::uint32_t mode = 0;  ///< 07777
  archive::FileStamp stamp;
  std::string target;  ///< of symlinks
};

/// A place that could not be looked at: a folder that cannot be listed or entered, or one thing in it.
struct Unseen {
  std::string path;  ///< relative to the prefix; "" is the prefix itself
  std::string why;   ///< "Permission denied"
};

/// Everything in the prefix, links not followed. `pkgs` and `envs` of a base environment are not entered.
struct Tree {
  std::vector<Node> nodes;               ///< sorted by path
  std::vector<Unseen> unseen;            ///< sorted by path, each once
  std::vector<std::string> not_entered;  ///< "envs", "pkgs"
  std::uint64_t prefix_device = 0, prefix_inode = 0;
  std::uint32_t prefix_mode = 0;  ///< 07777

  /// Null when there is nothing of that name.
  const Node* find(std::string_view path) const;
  /// As `find`, but a folder on the way may be a symlink that stays in the prefix; the node is the real one.
  const Node* resolve(std::string_view path) const;
  /// The place at or above `path` that could not be looked at, so that what is there is not known. Null when there is
  /// none: what is not in the tree is not there.
  const Unseen* find_unseen(std::string_view path) const;
  std::size_t index_of(const Node& node) const { return static_cast<std::size_t>(&node - nodes.data()); }

 private:
  /// `path` with the links among its folders followed; absent when they leave the prefix or go in a circle.
  std::optional<std::string> real_path(std::string_view path) const;
};

/// An open folder, to open files below it.
class Folder {
 public:
  /// Throws: core::Error "prefix-unreadable".
  explicit Folder(const std::filesystem::path& prefix);
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

Tree walk(const Folder& prefix);
/// "a/../b/./c" is "b/c". Absent for a path that leaves.
std::optional<std::string> normalized(std::string_view path);

}  // namespace envlock::verify
