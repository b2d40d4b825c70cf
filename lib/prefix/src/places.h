#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "prefix_folder.h"

namespace envlock::prefix {

/// "a/c" of "a/b" and "../c"; absent when it leaves the prefix or is absolute.
std::optional<std::string> join_link(std::string_view folder, std::string_view target);

/// Tells where in a prefix a path really lies. A package may say "lib64/x" where "lib64" is another package's link to
/// "lib": then it is "lib/x". Only links that packages own are followed, and only inside; any other link, and a file
/// in a folder's place, is refused.
class Places {
 public:
  struct Rules {
    /// Links that will be there: path -> target.
    std::map<std::string, std::string> links;
    /// Is the link that lies at `path` now one of a package that stays?
    std::function<bool(const std::string& path)> is_owned_link;
    /// Will what lies at `path` now have gone by then?
    std::function<bool(const std::string& path)> leaves;
  };
  /// `disk`: null for a prefix that is empty.
  Places(const PrefixFolder* disk, Rules rules);

  struct Folder {
    std::string path;     ///< where it really lies
    bool exists = false;  ///< there now, and a folder
  };
  /// Throws: core::Error "clobber".
  const Folder& folder(std::string_view path) { return look_up(std::string(path), 0); }
  /// Where a file lies. Throws: as folder.
  std::string file(std::string_view path);
  /// Makes of the path of a file the one where it lies; files of one folder in a row cost little. Throws: as folder.
  void settle(std::string& path);

 private:
  const Folder& look_up(const std::string& path, int depth);
  Folder find(const std::string& path, int depth);
  Folder follow(const std::string& link, const std::string& target, int depth);

  const PrefixFolder* disk_;
  Rules rules_;
  std::optional<Cursor> cursor_;
  std::unordered_map<std::string, Folder> known_;  // looked up only
  std::string last_parent_;                        // that settle met
  const Folder* last_folder_ = nullptr;            // where it lies
};

}  // namespace envlock::prefix
