#include <utility>

#include "envlock/core/text.h"
#include "import_formats.h"
#include "pixi_tree.h"

// pixi.lock, versions 4 to 7, as picks.

namespace envlock::lock {
namespace {

using Id = YamlTree::Id;

class PixiPicks {
 public:
  PixiPicks(const YamlTree& tree, const std::string& file)
      : tree_(tree), pixi_(tree, "like-invalid"), picks_(file), file_(file) {}

  std::vector<Preference> read(core::Notes& notes) {
    const PixiTree::Environment& chosen = pixi_.usual_environment();
    if (pixi_.environments().size() > 1) {
      notes.note({.code = "like-environment",
                  .what = "`" + core::printable(file_) + "` holds several environments: the picks are those of `" +
                          core::printable(chosen.name) + "`"});
    }
    const std::vector<Id>& items = tree_.children(chosen.packages);
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      const std::string subdir = pixi_.platform(tree_.text(items[i])).subdir;
      for (const Id entry : tree_.children(items[i + 1])) read_reference(pixi_.reference(entry), subdir);
    }
    return picks_.finish(notes);
  }

 private:
  void read_reference(const PixiTree::Reference& reference, const std::string& subdir) {
    std::optional<Preference> preference = preference_of_url(reference.location);
    if (reference.kind == PixiTree::Reference::Kind::pypi) {
      read_pypi(reference, subdir);
    } else if (reference.kind == PixiTree::Reference::Kind::source || !preference) {
      picks_.leave_out_source();
    } else if (reference.package == YamlTree::kNone) {
      tree_.fail(reference.place, "this package is not one of `packages`");
    } else {
      const Id package = reference.package;
      if (const std::string& text = tree_.text(package, "version"); !text.empty()) preference->version = text;
      if (const std::string& text = tree_.text(package, "build"); !text.empty()) preference->build = text;
      if (const std::string& text = tree_.text(package, "name"); !text.empty()) preference->name = text;
      preference->sha256 = core::parse_sha256(tree_.text(package, "sha256"));
      preference->md5 = core::parse_md5(tree_.text(package, "md5"));
      preference->platform = subdir;
      picks_.add(std::move(*preference));
    }
  }

  void read_pypi(const PixiTree::Reference& reference, const std::string& subdir) {
    const bool has_package = reference.package != YamlTree::kNone;
    const std::string name = has_package ? tree_.text(reference.package, "name") : std::string();
    const std::string version = has_package ? tree_.text(reference.package, "version") : std::string();
    if (name.empty() || version.empty()) return picks_.add_pip_of_url(reference.location, subdir);
    picks_.add_pip(name, version, subdir);
  }

  const YamlTree& tree_;
  PixiTree pixi_;
  Picks picks_;
  std::string file_;
};

}  // namespace

bool is_pixi_lock(const YamlTree& tree) {
  return tree.find(tree.root(), "environments") != YamlTree::kNone &&
         tree.find(tree.root(), "version") != YamlTree::kNone;
}

std::vector<Preference> parse_pixi_lock(const YamlTree& tree, const std::string& file, core::Notes& notes) {
  return PixiPicks(tree, file).read(notes);
}

}  // namespace envlock::lock
