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

/// Everything in the prefix, links not followed. `pkgs` and `envs` of a base environment are not entered.
struct Tree {
  std::vector<Node> nodes;               ///< sorted by path
  std::vector<std::string> not_listed;   ///< "lib/x: Permission denied", sorted
  std::vector<std::string> not_entered;  ///< "envs", "pkgs"
  std::uint64_t prefix_device = 0, prefix_inode = 0;

  /// Null when there is nothing of that name.
  const Node* find(std::string_view path) const;
  /// As `find`, but a folder on the way may be a symlink that stays in the prefix; the node is the real one.
  const Node* resolve(std::string_view path) const;
  std::size_t index_of(const Node& node) const { return static_cast<std::size_t>(&node - nodes.data()); }
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
