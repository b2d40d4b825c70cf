#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "envlock/diff/diff.h"

namespace envlock_test {

using envlock::diff::Item;

/// "numpy 1.26.4 py312_0" as a conda package of conda-forge.
inline Item item(const std::string& name, const std::string& version, const std::string& build = "h_0",
                 std::vector<std::string> depends = {}) {
  Item made;
  made.name = name;
  made.version = version;
  made.build = build;
  made.channel = "https://conda.anaconda.org/conda-forge";
  made.file_name = name + "-" + version + "-" + build + ".conda";
  made.sha256 = envlock::core::sha256(made.file_name);
  made.depends = std::move(depends);
  return made;
}

inline Item asked(Item made, std::vector<std::string> specs = {}) {
  made.requested = true;
  made.requested_specs = std::move(specs);
  return made;
}

inline Item wheel(const std::string& name, const std::string& version, std::vector<std::string> depends = {}) {
  Item made;
  made.kind = envlock::diff::PackageKind::pypi;
  made.name = name;
  made.version = version;
  made.file_name = name + "-" + version + "-py3-none-any.whl";
  made.sha256 = envlock::core::sha256(made.file_name);
  made.depends = std::move(depends);
  return made;
}

/// A lock of one platform; items in any order.
inline envlock::diff::Inventory inventory(const std::string& label, std::vector<Item> items,
                                          const std::string& platform = "linux-64") {
  envlock::diff::Inventory made;
  made.label = label;
  made.knows_requests = made.knows_depends = made.knows_variables = true;
  std::sort(items.begin(), items.end(), [](const Item& left, const Item& right) {
    return std::tie(left.kind, left.name, left.version) < std::tie(right.kind, right.name, right.version);
  });
  made.platforms.push_back({platform, platform, {}, std::move(items)});
  return made;
}

/// The only change of two such locks.
inline envlock::diff::Change only_change(const Item& from, const Item& to) {
  const envlock::diff::Diff diff = compare(inventory("a", {from}), inventory("b", {to}));
  if (diff.changes.size() != 1) throw std::runtime_error(std::to_string(diff.changes.size()) + " changes");
  return diff.changes.front().change();
}

/// "numpy" -> its change; throws when there is none.
inline envlock::diff::Change change_of(const envlock::diff::Diff& diff, const std::string& name) {
  for (const auto& group : diff.changes) {
    if (group.change().item().name == name) return group.change();
  }
  throw std::runtime_error("no change of " + name);
}

inline std::vector<std::string> names_in_order(const envlock::diff::Diff& diff) {
  std::vector<std::string> names;
  for (const auto& group : diff.changes) names.push_back(group.change().item().name);
  return names;
}

}  // namespace envlock_test
