#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "envlock/conda/platform.h"
#include "yaml_tree.h"

namespace envlock::lock {

/// The outline of a pixi.lock of version 4 to 7: `packages` by URL, and `environments` that refer to them platform by
/// platform.
class PixiTree {
 public:
  using Id = YamlTree::Id;

  /// Throws: core::Error with the tree's code; `version_code` for a version that is not known.
  PixiTree(const YamlTree& tree, const std::string& version_code);

  struct Environment {
    std::string name;
    Id packages = YamlTree::kNone;  ///< a map from platform names to lists of references
  };
  const std::vector<Environment>& environments() const { return environments_; }
  /// `default`, unless it is empty: then the first that is not.
  const Environment& usual_environment() const;

  /// The platform of that name: of version 7's list, else a subdir that assumes nothing.
  conda::Platform platform(const std::string& name) const;

  /// A reference of an environment, with what it refers to.
  struct Reference {
    enum class Kind { conda, pypi, source };
    Kind kind = Kind::conda;
    std::string location;          ///< the URL or path
    Id place = YamlTree::kNone;    ///< of the reference
    Id package = YamlTree::kNone;  ///< its entry of `packages`; kNone for a source that has none
  };
  /// Throws: core::Error for a reference of no known kind, or to a package that is not there.
  Reference reference(Id entry) const;

 private:
  void read_platforms();
  void index_packages();
  void read_environments();

  const YamlTree& tree_;
  std::map<std::string, conda::Platform> platforms_;
  std::map<std::pair<std::string, std::string>, Id> packages_;  ///< by kind and location
  std::vector<Environment> environments_;
};

}  // namespace envlock::lock
