#include <charconv>
#include <set>
#include <utility>

#include "envlock/core/text.h"
#include "import_formats.h"

// conda-lock.yml (CEP 37), and pixi.lock up to version 3, which has the same shape.

namespace envlock::lock {
namespace {

using Id = YamlTree::Id;

void read_hash(const YamlTree& tree, Id hash, Preference& preference) {
  const Id sha256 = tree.find(hash, "sha256");
  const Id md5 = tree.find(hash, "md5");
  preference.sha256 = core::parse_sha256(tree.text(sha256));
  preference.md5 = core::parse_md5(tree.text(md5));
  if (sha256 != YamlTree::kNone && !preference.sha256) tree.fail(sha256, "a sha256 has 64 hexadecimal digits");
  if (md5 != YamlTree::kNone && !preference.md5) tree.fail(md5, "an md5 has 32 hexadecimal digits");
}

Preference read_package(const YamlTree& tree, Id package) {
  // The file name tells most. A URL may hold variables such as ${TOKEN}: they stand before the file name.
  const Id url = tree.find(package, "url");
  if (url == YamlTree::kNone) tree.fail(package, "`url` is missing");
  Preference preference = preference_of_url(tree.text(url)).value_or(Preference{});
  if (const std::string& version = tree.text(package, "version"); !version.empty()) preference.version = version;
  if (const std::string& build = tree.text(package, "build"); !build.empty()) preference.build = build;
  preference.name = tree.text(package, "name");
  preference.platform = tree.text(package, "platform");
  if (preference.name.empty()) tree.fail(package, "`name` is missing");
  if (preference.version.empty()) tree.fail(package, "`version` is missing");
  if (preference.platform.empty()) tree.fail(package, "`platform` is missing");
  read_hash(tree, tree.find(package, "hash"), preference);
  return preference;
}

}  // namespace

bool is_conda_lock(const YamlTree& tree) {
  return tree.find(tree.root(), "package") != YamlTree::kNone ||
         (tree.is_map(tree.find(tree.root(), "metadata")) &&
          tree.find(tree.find(tree.root(), "metadata"), "content_hash") != YamlTree::kNone);
}

YamlTree::Id packages_of_conda_lock(const YamlTree& tree, const std::string& version_code) {
  const Id version = tree.find(tree.root(), "version");
  if (version != YamlTree::kNone && tree.text(version) != "1" && tree.text(version) != "2" &&
      tree.text(version) != "3") {
    core::Diagnostic mistake = tree.mistake(
        version, "this version of conda-lock's format is not known: " + core::printable(tree.text(version), 40));
    mistake.code = version_code;
    throw core::Error(std::move(mistake));
  }
  const Id metadata = tree.find(tree.root(), "metadata");
  if (metadata == YamlTree::kNone) tree.fail(tree.root(), "`metadata` is missing");
  if (!tree.is_map(metadata)) tree.fail(metadata, "`metadata` must be a map");
  const Id packages = tree.find(tree.root(), "package");
  if (packages == YamlTree::kNone) tree.fail(tree.root(), "`package` is missing");
  if (!tree.is_sequence(packages)) tree.fail(packages, "`package` must be a list");
  return packages;
}

std::vector<Preference> parse_conda_lock(const YamlTree& tree, const std::string& file, core::Notes& notes) {
  const Id packages = packages_of_conda_lock(tree, "like-invalid");
  Picks picks(file);
  for (const Id package : tree.children(packages)) {
    if (!tree.is_map(package)) tree.fail(package, "each package must be a map");
    const Id manager = tree.find(package, "manager");
    if (tree.text(manager) == "conda") {
      picks.add(read_package(tree, package));
    } else if (tree.text(manager) == "pip" || tree.text(manager) == "pypi") {
      picks.add_pip(tree.text(package, "name"), tree.text(package, "version"), tree.text(package, "platform"));
    } else {
      tree.fail(manager == YamlTree::kNone ? package : manager, "`manager` must be `conda` or `pip`");
    }
  }
  return picks.finish(notes);
}

}  // namespace envlock::lock
