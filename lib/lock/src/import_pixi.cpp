#include <map>
#include <utility>

#include "envlock/core/text.h"
#include "import_formats.h"

// pixi.lock, versions 4 to 7: `packages` by URL, and `environments` that refer to them platform by platform.

namespace envlock::lock {
namespace {

using Id = YamlTree::Id;

constexpr int kOldest = 4;
constexpr int kNewest = 7;

class PixiReader {
 public:
  PixiReader(const YamlTree& tree, const std::string& file) : tree_(tree), picks_(file), file_(file) {}

  std::vector<Preference> read(core::Notes& notes) {
    check_version();
    read_platforms();
    index_packages();
    read_environment(notes);
    return picks_.finish(notes);
  }

 private:
  void check_version() {
    const Id version = tree_.find(tree_.root(), "version");
    for (int known = kOldest; known <= kNewest; ++known) {
      if (tree_.text(version) == std::to_string(known)) return;
    }
    tree_.fail(version == YamlTree::kNone ? tree_.root() : version,
               "this version of pixi.lock is not known: " + core::printable(tree_.text(version), 40));
  }

  // Version 7 gives profiles of a subdir names of their own.
  void read_platforms() {
    for (const Id platform : tree_.children(tree_.find(tree_.root(), "platforms"))) {
      const std::string& name = tree_.text(platform, "name");
      const std::string& subdir = tree_.text(platform, "subdir");
      if (!name.empty()) subdir_of_[name] = subdir.empty() ? name : subdir;
    }
  }

  void index_packages() {
    const Id packages = tree_.find(tree_.root(), "packages");
    if (!tree_.is_sequence(packages)) {
      tree_.fail(packages == YamlTree::kNone ? tree_.root() : packages, "`packages` must be a list");
    }
    for (const Id package : tree_.children(packages)) {
      const std::string& kind = tree_.text(package, "kind");
      const std::string& url = kind.empty() ? tree_.text(package, "conda") : tree_.text(package, "url");
      if (!url.empty() && kind != "pypi") packages_.emplace(url, package);
    }
  }

  // `default`, unless it is empty: then the first that is not.
  std::size_t choose_environment(const std::vector<Id>& names) const {
    std::size_t chosen = 0;
    const auto is_empty = [&](std::size_t at) { return tree_.children(tree_.find(names[at + 1], "packages")).empty(); };
    for (std::size_t i = 0; i + 1 < names.size(); i += 2) {
      if (tree_.text(names[i]) == "default" && !is_empty(i)) return i;
      if (is_empty(chosen) && !is_empty(i)) chosen = i;
    }
    return chosen;
  }

  void read_environment(core::Notes& notes) {
    const Id environments = tree_.find(tree_.root(), "environments");
    const std::vector<Id>& names = tree_.children(environments);
    if (!tree_.is_map(environments) || names.empty()) {
      tree_.fail(environments == YamlTree::kNone ? tree_.root() : environments,
                 "`environments` must name an environment");
    }
    const std::size_t at = choose_environment(names);
    const std::string& name = tree_.text(names[at]);
    const Id chosen = names[at + 1];
    if (names.size() > 2) {
      notes.note({.code = "like-environment",
                  .what = "`" + core::printable(file_) + "` holds several environments: the picks are those of `" +
                          core::printable(name) + "`"});
    }
    const Id platforms = tree_.find(chosen, "packages");
    if (platforms != YamlTree::kNone && !tree_.is_map(platforms)) tree_.fail(platforms, "`packages` must be a map");
    const std::vector<Id>& items = tree_.children(platforms);
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) read_platform(tree_.text(items[i]), items[i + 1]);
  }

  void read_platform(const std::string& platform, Id entries) {
    const auto subdir = subdir_of_.find(platform);
    for (const Id entry : tree_.children(entries)) {
      const Id url = tree_.find(entry, "conda");
      if (url != YamlTree::kNone) {
        read_package(tree_.text(url), entry, subdir == subdir_of_.end() ? platform : subdir->second);
      } else if (tree_.find(entry, "pypi") != YamlTree::kNone) {
        picks_.leave_out_pip();
      } else if (tree_.find(entry, "conda_source") != YamlTree::kNone) {
        picks_.leave_out_source();
      } else {
        tree_.fail(entry, "`conda` or `pypi` should stand here");
      }
    }
  }

  void read_package(const std::string& url, Id entry, const std::string& subdir) {
    std::optional<Preference> preference = preference_of_url(url);
    if (!preference) {
      picks_.leave_out_source();
      return;
    }
    const auto package = packages_.find(url);
    if (package == packages_.end()) tree_.fail(entry, "this package is not one of `packages`");
    if (const std::string& text = tree_.text(package->second, "version"); !text.empty()) preference->version = text;
    if (const std::string& text = tree_.text(package->second, "build"); !text.empty()) preference->build = text;
    if (const std::string& text = tree_.text(package->second, "name"); !text.empty()) preference->name = text;
    preference->sha256 = core::parse_sha256(tree_.text(package->second, "sha256"));
    preference->md5 = core::parse_md5(tree_.text(package->second, "md5"));
    preference->platform = subdir;
    picks_.add(std::move(*preference));
  }

  const YamlTree& tree_;
  Picks picks_;
  std::string file_;
  std::map<std::string, std::string> subdir_of_;
  std::map<std::string, Id> packages_;
};

}  // namespace

bool is_pixi_lock(const YamlTree& tree) {
  return tree.find(tree.root(), "environments") != YamlTree::kNone &&
         tree.find(tree.root(), "version") != YamlTree::kNone;
}

std::vector<Preference> parse_pixi_lock(const YamlTree& tree, const std::string& file, core::Notes& notes) {
  return PixiReader(tree, file).read(notes);
}

}  // namespace envlock::lock
