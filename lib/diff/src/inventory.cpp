#include "envlock/diff/inventory.h"

#include <algorithm>
#include <utility>

#include "envlock/core/text.h"
#include "item_parts.h"
#include "readers.h"

namespace envlock::diff {
namespace {

Inventory read_any(std::string_view text, const std::string& label, const std::string& environment,
                   core::Notes& notes) {
  if (snapshot::is_snapshot(text)) {
    return inventory_of(snapshot::parse(text, label), label, SourceKind::snapshot);
  }
  if (core::trim(text.substr(0, 4096)).starts_with('{')) return read_envlock(text, label);
  if (is_explicit(text)) return read_explicit(text, label);
  const Yaml yaml(text, label);
  if (is_pixi_lock(yaml)) return read_pixi(yaml, label, environment, notes);
  if (is_conda_lock(yaml)) return read_conda_lock(yaml);
  throw core::Error(
      {.code = "diff-unknown-format",
       .what = "`" + core::printable(label) + "` is nothing that envlock can compare",
       .where = std::nullopt,
       .why = {},
       .hints = {"these are read: envlock.lock, @EXPLICIT lists, conda-lock.yml, pixi.lock, snapshots, the folders of "
                 "environments, and runs of the probe"}});
}

Item item_of(const snapshot::SnapshotPackage& package) {
  const bool is_conda = package.kind == snapshot::SnapshotPackage::Kind::conda;
  Item item;
  item.kind = is_conda ? PackageKind::conda : PackageKind::pypi;
  item.name = is_conda ? package.name : normalized_pypi_name(package.name);
  item.version = package.version;
  item.build = package.build;
  if (!is_conda) {
    item.build = !package.commit.empty() ? "commit " + package.commit.substr(0, 12)
                 : package.editable      ? "editable"
                                         : "";
  }
  if (is_conda) item.channel = canonical_channel(package.channel, ChannelNames::yes);
  item.file_name = package.file_name;
  item.sha256 = package.sha256;
  item.md5 = package.md5;
  item.root = package.root;
  item.depends = package.depends;
  item.requested = package.requested;
  return item;
}

/// What every reader leaves to be done, so that the order of a file never matters.
void settle(Inventory& inventory) {
  for (Inventory::Platform& platform : inventory.platforms) {
    sort_and_fold(platform.items);
    std::sort(platform.virtual_packages.begin(), platform.virtual_packages.end());
  }
  std::sort(inventory.platforms.begin(), inventory.platforms.end(),
            [](const auto& left, const auto& right) { return left.name < right.name; });
}

}  // namespace

Inventory parse_inventory(std::string_view bytes, const std::string& label, const std::string& environment,
                          core::Notes& notes) {
  const std::optional<std::string> text = core::decode_text(bytes);
  if (!text) {
    throw core::Error({.code = "diff-unknown-format",
                       .what = "`" + core::printable(label) + "` is no text file",
                       .where = std::nullopt,
                       .why = {},
                       .hints = {}});
  }
  Inventory inventory = read_any(*text, label, environment, notes);
  inventory.label = label;
  settle(inventory);
  return inventory;
}

Inventory inventory_of(const snapshot::Snapshot& snapshot, const std::string& label, SourceKind kind) {
  Inventory inventory;
  inventory.label = label;
  inventory.kind = kind;
  inventory.machine = snapshot.machine;
  inventory.computed = snapshot.computed;
  if (!snapshot.environment) return inventory;
  const snapshot::Environment& environment = *snapshot.environment;
  Inventory::Platform platform;
  platform.name = platform.subdir = environment.subdir;
  if (snapshot.machine) platform.virtual_packages = snapshot.machine->virtual_packages;
  for (const snapshot::SnapshotPackage& package : environment.packages) {
    platform.items.push_back(item_of(package));
    inventory.knows_requests = inventory.knows_requests || package.requested;
  }
  inventory.platforms.push_back(std::move(platform));
  inventory.variables = environment.variables;
  inventory.libraries = environment.libraries;
  inventory.knows_depends = inventory.knows_variables = inventory.knows_libraries = true;
  settle(inventory);
  return inventory;
}

bool is_inventory(std::string_view text) {
  if (snapshot::is_snapshot(text)) return true;
  const std::string_view begin = core::trim(text.substr(0, 4096));
  if (begin.starts_with('{')) return begin.find("\"envlock.lock\"") != std::string_view::npos;
  return is_explicit(text) || text.find("\npackage:") != std::string_view::npos ||
         text.find("\nenvironments:") != std::string_view::npos;
}

bool restrict_to(Inventory& inventory, const std::vector<std::string>& platforms) {
  std::vector<Inventory::Platform>& all = inventory.platforms;
  const auto is_named = [&](const std::string& name) {
    return std::any_of(all.begin(), all.end(), [&](const auto& platform) { return platform.name == name; });
  };
  std::vector<std::string> names;
  for (const std::string& wanted : platforms) {
    for (const Inventory::Platform& platform : all) {
      if (platform.name == wanted || (platform.subdir == wanted && !is_named(wanted))) names.push_back(platform.name);
    }
  }
  std::erase_if(
      all, [&](const auto& platform) { return std::find(names.begin(), names.end(), platform.name) == names.end(); });
  return !all.empty();
}

}  // namespace envlock::diff
