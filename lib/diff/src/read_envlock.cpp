#include <algorithm>
#include <map>
#include <set>

#include "envlock/lock/lock.h"
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

}  // namespace

Inventory read_envlock(std::string_view text, const std::string& label) {
  const lock::Lock lock = lock::parse(text, label);
  Inventory inventory;
  inventory.kind = SourceKind::lock;
  inventory.variables = lock.variables;
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
    inventory.platforms.push_back(std::move(platform));
  }
  return inventory;
}

}  // namespace envlock::diff
