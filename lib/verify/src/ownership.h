#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "layout.h"
#include "tree.h"

namespace envlock::verify {

/// Which things in the prefix belong to something.
class Ownership {
 public:
  enum class Kind : char {
    none,
    claimed,  ///< a RECORD or a conda-meta speaks of it
    proved,   ///< held against a hash
  };

  explicit Ownership(const Tree& tree) : tree_(tree), kinds_(tree.nodes.size(), Kind::none) {}

  void own(const Node& node, Kind kind) {
    Kind& known = kinds_[tree_.index_of(node)];
    known = std::max(known, kind);
  }
  void own(std::string_view path, Kind kind) {
    if (const Node* node = tree_.resolve(path)) own(*node, kind);
  }
  void own(const PackageLayout& layout, Kind kind) {
    for (const WantedPath& wanted : layout.paths) {
      own(wanted.path, wanted.sha256 || wanted.replaced || wanted.original ? kind : Kind::claimed);
    }
  }
  Kind kind_of(const Node& node) const { return kinds_[tree_.index_of(node)]; }
  bool is_owned(const Node& node) const { return kind_of(node) != Kind::none; }

  /// Folders that hold, at any depth, something that is owned.
  std::unordered_set<std::string_view> owned_folders() const {
    std::unordered_set<std::string_view> folders;
    for (const Node& node : tree_.nodes) {
      if (!is_owned(node)) continue;
      std::string_view path = node.path;
      for (std::size_t slash = path.rfind('/'); slash != std::string_view::npos; slash = path.rfind('/')) {
        path = path.substr(0, slash);
        if (!folders.insert(path).second) break;
      }
    }
    return folders;
  }

 private:
  const Tree& tree_;
  std::vector<Kind> kinds_;
};

}  // namespace envlock::verify
