#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "envlock/archive/package.h"

namespace envlock::archive {

/// What an archive has given so far: finds two entries of one path, and paths that pass through a file or a symlink of
/// the same archive. Asked by name only, never walked, so that the order of its table shows nowhere.
class EntryTree {
 public:
  /// Takes an entry. Gives what is wrong with it, in words for people; empty: nothing.
  std::string add(const Entry& entry);
  /// Is this folder known already as an entry of its own?
  bool has_folder_entry(std::string_view path) const;
  /// The size of a file that was added.
  const std::uint64_t* file_size(std::string_view path) const;
  /// Follows the target of a symlink through the archive's own symlinks, as the system will: "a/.." is not "." when
  /// `a` is a symlink. Counts its `steps`. Empty: it stays inside.
  std::string follow(std::string_view path, std::uint64_t& steps) const;

 private:
  enum class Node { implied_folder, folder, file, symlink };
  struct Place {
    Node node = Node::implied_folder;
    std::uint64_t size = 0;
    std::string target;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Places = std::unordered_map<std::string, Place, Hash, std::equal_to<>>;

  std::string add_folders(std::string_view folder);

  Places places_;
  std::string last_folder_;  // found to be well, the entry before: packages come folder by folder
};

}  // namespace envlock::archive
