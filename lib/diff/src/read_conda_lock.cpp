#include <map>
#include <string>
#include <utility>

#include "envlock/core/text.h"
#include "item_parts.h"
#include "readers.h"

// conda-lock.yml (CEP 37), and pixi.lock up to version 3, which has the same shape.

namespace envlock::diff {
namespace {

using Id = Yaml::Id;

Item read_package(const Yaml& yaml, Id package) {
  const Id manager = yaml.find(package, "manager");
  const std::string_view kind = yaml.text(manager);
  const bool is_conda = kind == "conda";
  if (!is_conda && kind != "pip" && kind != "pypi") {
    yaml.fail(manager == Yaml::kNone ? package : manager, "`manager` must be `conda` or `pip`");
  }
  for (const char* key : {"name", "version", "platform"}) {
    if (yaml.text(package, key).empty()) yaml.fail(package, "`" + std::string(key) + "` is missing");
  }
  const std::string_view url = yaml.text(package, "url");
  std::string subdir;
  Item item = is_conda ? conda_item_of_url(url, subdir).value_or(Item{}) : pypi_item_of_url(url);
  item.name = is_conda ? core::to_lower(yaml.text(package, "name")) : normalized_pypi_name(yaml.text(package, "name"));
  item.version = yaml.text(package, "version");
  if (const std::string_view build = yaml.text(package, "build"); is_conda && !build.empty()) item.build = build;
  const Id hash = yaml.find(package, "hash");
  if (const auto sha256 = core::parse_sha256(yaml.text(hash, "sha256"))) item.sha256 = sha256;
  if (const auto md5 = core::parse_md5(yaml.text(hash, "md5"))) item.md5 = md5;
  const Id depends = yaml.find(package, "dependencies");
  for (Id at = yaml.first(depends); yaml.is_map(depends) && at != Yaml::kNone; at = yaml.next(yaml.next(at))) {
    std::string depend(yaml.text(at));
    const std::string_view constraint = yaml.text(yaml.next(at));
    if (!constraint.empty() && constraint != "*") depend.append(" ").append(constraint);
    item.depends.push_back(std::move(depend));
  }
  const std::string_view category = yaml.text(package, "category");
  item.categories.emplace_back(category.empty() ? "main" : category);
  return item;
}

}  // namespace

std::vector<std::string> texts_of(const Yaml& yaml, Id sequence) {
  std::vector<std::string> texts;
  if (!yaml.is_sequence(sequence)) return texts;
  for (Id at = yaml.first(sequence); at != Yaml::kNone; at = yaml.next(at)) {
    if (yaml.kind(at) == Yaml::Kind::scalar) texts.emplace_back(yaml.text(at));
  }
  return texts;
}

bool is_conda_lock(const Yaml& yaml) {
  const Id metadata = yaml.find(yaml.root(), "metadata");
  return yaml.find(yaml.root(), "package") != Yaml::kNone || yaml.find(metadata, "content_hash") != Yaml::kNone;
}

Inventory read_conda_lock(const Yaml& yaml) {
  const Id version = yaml.find(yaml.root(), "version");
  if (version != Yaml::kNone && yaml.text(version) != "1" && yaml.text(version) != "2" && yaml.text(version) != "3") {
    yaml.fail(version, "this version of conda-lock's format is not known: " + core::printable(yaml.text(version), 40));
  }
  const Id packages = yaml.find(yaml.root(), "package");
  if (packages == Yaml::kNone) yaml.fail(yaml.root(), "`package` is missing");
  if (!yaml.is_sequence(packages)) yaml.fail(packages, "`package` must be a list");

  std::map<std::string, std::vector<Item>, std::less<>> items;
  for (std::string& platform : texts_of(yaml, yaml.find(yaml.find(yaml.root(), "metadata"), "platforms"))) {
    items.try_emplace(std::move(platform));
  }
  Inventory inventory;
  inventory.kind = SourceKind::conda_lock;
  for (Id package = yaml.first(packages); package != Yaml::kNone; package = yaml.next(package)) {
    if (!yaml.is_map(package)) yaml.fail(package, "each package must be a map");
    Item item = read_package(yaml, package);
    inventory.knows_depends = inventory.knows_depends || !item.depends.empty();
    const std::string_view platform = yaml.text(package, "platform");
    auto found = items.find(platform);
    if (found == items.end()) found = items.try_emplace(std::string(platform)).first;
    found->second.push_back(std::move(item));
  }
  for (auto& [platform, members] : items) inventory.platforms.push_back({platform, platform, {}, std::move(members)});
  return inventory;
}

}  // namespace envlock::diff
