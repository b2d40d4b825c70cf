#include "pixi_tree.h"

#include <algorithm>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

namespace envlock::lock {
namespace {

constexpr int kOldest = 4;
constexpr int kNewest = 7;

bool is_empty(const YamlTree& tree, YamlTree::Id packages) {
  return tree.children(packages).empty();
}

}  // namespace

PixiTree::PixiTree(const YamlTree& tree, const std::string& version_code) : tree_(tree) {
  const Id version = tree.find(tree.root(), "version");
  bool known = false;
  for (int each = kOldest; each <= kNewest; ++each) known = known || tree.text(version) == std::to_string(each);
  if (!known) {
    core::Diagnostic mistake =
        tree.mistake(version == YamlTree::kNone ? tree.root() : version,
                     "this version of pixi.lock is not known: " + core::printable(tree.text(version), 40));
    mistake.code = version_code;
    throw core::Error(std::move(mistake));
  }
  read_platforms();
  index_packages();
  read_environments();
}

// Version 7 gives profiles of a subdir names of their own.
void PixiTree::read_platforms() {
  for (const Id item : tree_.children(tree_.find(tree_.root(), "platforms"))) {
    const std::string& name = tree_.text(item, "name");
    const std::string& subdir = tree_.text(item, "subdir");
    if (name.empty()) continue;
    conda::Platform platform{.name = name, .subdir = subdir.empty() ? name : subdir};
    for (const Id fact : tree_.children(tree_.find(item, "virtual-packages"))) {
      try {
        platform.virtual_packages.push_back(conda::parse_virtual_package(tree_.text(fact)));
      } catch (const core::Error& error) {
        tree_.fail(fact, error.diagnostics().front().what);
      }
    }
    std::sort(platform.virtual_packages.begin(), platform.virtual_packages.end());
    platforms_.emplace(name, std::move(platform));
  }
}

// Version 5 and older say `kind` and `url` where later ones say `conda: URL`.
void PixiTree::index_packages() {
  const Id packages = tree_.find(tree_.root(), "packages");
  if (!tree_.is_sequence(packages)) {
    tree_.fail(packages == YamlTree::kNone ? tree_.root() : packages, "`packages` must be a list");
  }
  for (const Id package : tree_.children(packages)) {
    if (const std::string& kind = tree_.text(package, "kind"); !kind.empty()) {
      const std::string& url = tree_.text(package, "url");
      packages_.emplace(std::pair(kind, url.empty() ? tree_.text(package, "path") : url), package);
      continue;
    }
    for (const char* kind : {"conda", "pypi", "conda_source"}) {
      const std::string& location = tree_.text(package, kind);
      if (!location.empty()) packages_.emplace(std::pair(std::string(kind), location), package);
    }
  }
}

void PixiTree::read_environments() {
  const Id environments = tree_.find(tree_.root(), "environments");
  const std::vector<Id>& items = tree_.children(environments);
  if (!tree_.is_map(environments) || items.empty()) {
    tree_.fail(environments == YamlTree::kNone ? tree_.root() : environments,
               "`environments` must name an environment");
  }
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    const Id packages = tree_.find(items[i + 1], "packages");
    if (packages != YamlTree::kNone && !tree_.is_map(packages)) tree_.fail(packages, "`packages` must be a map");
    environments_.push_back({tree_.text(items[i]), packages});
  }
}

const PixiTree::Environment& PixiTree::usual_environment() const {
  const Environment* chosen = &environments_.front();
  for (const Environment& each : environments_) {
    if (each.name == "default" && !is_empty(tree_, each.packages)) return each;
    if (is_empty(tree_, chosen->packages) && !is_empty(tree_, each.packages)) chosen = &each;
  }
  return *chosen;
}

conda::Platform PixiTree::platform(const std::string& name) const {
  const auto known = platforms_.find(name);
  return known == platforms_.end() ? conda::Platform{.name = name, .subdir = name} : known->second;
}

PixiTree::Reference PixiTree::reference(Id entry) const {
  for (const auto& [key, kind] : {std::pair("conda", Reference::Kind::conda), std::pair("pypi", Reference::Kind::pypi),
                                  std::pair("conda_source", Reference::Kind::source)}) {
    if (tree_.find(entry, key) == YamlTree::kNone) continue;
    Reference reference{.kind = kind, .location = tree_.text(entry, key), .place = entry};
    const auto package = packages_.find(std::pair(std::string(key), reference.location));
    if (package != packages_.end()) reference.package = package->second;
    return reference;
  }
  tree_.fail(entry, "`conda` or `pypi` should stand here");
}

}  // namespace envlock::lock
