#include <algorithm>
#include <map>
#include <set>

#include "envlock/lock/lock.h"
#include "envlock/lock/pip_graph.h"
#include "envlock/spec/spec.h"
#include "item_parts.h"
#include "readers.h"

namespace envlock::diff {
namespace {

Item item_of(const conda::PackageRecord& record) {
  Item item;
  item.name = record.name;
  item.version = record.version;
  item.build = record.build;
  item.channel = canonical_channel(record.channel, ChannelNames::no);
  item.file_name = record.file_name;
  item.sha256 = record.sha256;
  item.md5 = record.md5;
  item.depends = record.depends;
  item.constrains = record.constrains;
  item.extras.emplace();
  return item;
}

/// The requests that hold on a subdir, by name. What no line asks for (`pip` beside `python`) is no request of anybody.
std::map<std::string, std::set<std::string>> requests_on(const lock::Lock& lock, const std::string& subdir) {
  std::map<std::string, std::set<std::string>> requests;
  for (const conda::Request& request : lock.requests) {
    if (request.implied_by || !spec::selector_holds(request.selector, subdir)) continue;
    requests[request.spec.name].insert(conda::format(request.spec) == request.spec.name ? request.spec.name
                                                                                        : request.text);
  }
  return requests;
}

/// Where its files come from, as far as that decides what comes.
std::string source_of(const lock::LockedDistribution& distribution) {
  using Source = lock::LockedDistribution::Source;
  switch (distribution.source) {
    case Source::index:
    case Source::built:
      return distribution.index;
    case Source::find_links:
    case Source::archive:
      return distribution.url.substr(0, std::min(distribution.url.rfind('/'), distribution.url.size()));
    case Source::vcs:
    case Source::directory:
      return distribution.url;
  }
  return {};
}

/// What counts with several extras is told once.
void add_needs(const lock::PipNode& node, std::vector<std::string>& texts) {
  for (const lock::PipNeed& need : node.needs) {
    if (std::find(texts.begin(), texts.end(), need.text) == texts.end()) texts.push_back(need.text);
  }
}

void add_lines(const lock::Lock& lock, const lock::PipNode& node, Item& item) {
  std::set<std::string> specs(item.requested_specs.begin(), item.requested_specs.end());
  for (const lock::PipAsking& each : node.lines) specs.insert(lock.pip_lines[each.line].text);
  item.requested = item.requested || !node.lines.empty();
  item.requested_specs.assign(specs.begin(), specs.end());
}

Item item_of(const lock::Lock& lock, const lock::LockedDistribution& distribution, const lock::PipNode* node) {
  Item item = distribution.file.empty() ? pypi_item_of_url(distribution.url) : Item{};
  item.kind = PackageKind::pypi;
  item.name = distribution.name;
  item.version = distribution.version;
  item.build = !distribution.commit.empty() ? "commit " + distribution.commit.substr(0, 12)
               : distribution.editable      ? "editable"
                                            : "";
  item.channel = canonical_channel(source_of(distribution), ChannelNames::no);
  if (!distribution.file.empty()) item.file_name = distribution.file;
  item.sha256 = distribution.sha256;
  item.built_sha256 = distribution.built_sha256;
  if (!distribution.requires_python.empty()) item.depends.push_back("python" + distribution.requires_python);
  if (node == nullptr) return item;
  add_needs(*node, item.depends);
  add_lines(lock, *node, item);
  return item;
}

/// The distributions of a platform; and of its conda packages, what they are for the PyPI half.
void add_pip(const lock::Lock& lock, const lock::LockedPlatform& locked, Inventory::Platform& platform) {
  const std::vector<lock::PipNode> graph = lock::pip_graph(lock, locked);
  std::map<std::string_view, std::vector<const lock::PipNode*>> by_conda_name;
  for (const lock::PipNode& node : graph) {
    if (!node.conda_name.empty()) by_conda_name[node.conda_name].push_back(&node);
  }
  for (Item& item : platform.items) {
    for (const lock::PipNode* node : by_conda_name[item.name]) {
      item.provides.push_back(node->name);
      item.extras->insert(item.extras->end(), node->extras.begin(), node->extras.end());
      add_needs(*node, item.extra_depends);
      add_lines(lock, *node, item);
    }
    std::sort(item.extras->begin(), item.extras->end());
  }
  for (const lock::PlatformDistribution& each : locked.distributions) {
    const lock::LockedDistribution& distribution = lock.distributions[each.distribution];
    Item item = item_of(lock, distribution, lock::find_node(graph, distribution.name));
    item.categories = each.categories;
    item.extras = each.extras;
    platform.items.push_back(std::move(item));
  }
}

}  // namespace

Inventory read_envlock(std::string_view text, const std::string& label) {
  const lock::Lock lock = lock::parse(text, label);
  Inventory inventory;
  inventory.kind = SourceKind::lock;
  inventory.variables = lock.variables;
  if (lock.pip) inventory.indexes = lock.pip->indexes;
  inventory.knows_requests = inventory.knows_depends = inventory.knows_variables = true;
  for (const lock::LockedPlatform& locked : lock.platforms) {
    Inventory::Platform platform;
    platform.name = locked.platform.name;
    platform.subdir = locked.platform.subdir;
    platform.virtual_packages = locked.platform.virtual_packages;
    const auto requests = requests_on(lock, platform.subdir);
    platform.items.reserve(locked.packages.size());
    for (const lock::PlatformPackage& package : locked.packages) {
      Item item = item_of(lock.packages[package.package].record);
      item.categories = package.categories;
      if (const auto found = requests.find(item.name); found != requests.end()) {
        item.requested = true;
        item.requested_specs.assign(found->second.begin(), found->second.end());
      }
      platform.items.push_back(std::move(item));
    }
    if (lock.pip) add_pip(lock, locked, platform);
    inventory.platforms.push_back(std::move(platform));
  }
  return inventory;
}

}  // namespace envlock::diff
