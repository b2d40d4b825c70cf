#include "facts.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "distance.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/snapshot/run_record.h"

namespace envlock::diff {
namespace {

/// Where no side assumes, whatever differs; where one assumes and the other is a machine, what the machine lacks.
bool is_lacking(const conda::VirtualPackage& assumed, const conda::VirtualPackage* machine) {
  // The order of microarchitectures is not one of versions.
  if (assumed.name == "__archspec") return false;
  return machine == nullptr || compare_versions(machine->version, assumed.version) < 0;
}

std::string shown(const conda::VirtualPackage* package) {
  if (package == nullptr) return "";
  return package->build == "0" || package->build.empty() ? package->version : package->version + " " + package->build;
}

}  // namespace

std::vector<FactChange> compare_virtual_packages(const Inventory& from, const Inventory::Platform& from_platform,
                                                 const Inventory& to, const Inventory::Platform& to_platform) {
  std::vector<FactChange> facts;
  // Two machines are compared as such.
  if (from.machine && to.machine) return facts;
  if (from_platform.virtual_packages.empty() || to_platform.virtual_packages.empty()) return facts;
  std::map<std::string_view, std::pair<const conda::VirtualPackage*, const conda::VirtualPackage*>> both;
  for (const conda::VirtualPackage& package : from_platform.virtual_packages) both[package.name].first = &package;
  for (const conda::VirtualPackage& package : to_platform.virtual_packages) both[package.name].second = &package;
  for (const auto& [name, sides] : both) {
    const auto [left, right] = sides;
    if (left != nullptr && right != nullptr && *left == *right) continue;
    FactChange fact{.group = "virtual packages",
                    .what = std::string(name),
                    .from = shown(left),
                    .to = shown(right),
                    .remark = "",
                    .platform = from_platform.name.empty() ? to_platform.name : from_platform.name};
    if (from.machine || to.machine) {
      const conda::VirtualPackage* assumed = from.machine ? right : left;
      const conda::VirtualPackage* machine = from.machine ? left : right;
      if (assumed == nullptr || !is_lacking(*assumed, machine)) continue;
      fact.remark = machine == nullptr ? "assumed by the lock; the machine has none"
                                       : "assumed by the lock; the machine has less";
    }
    facts.push_back(std::move(fact));
  }
  return facts;
}

std::vector<FactChange> compare_libraries(const std::vector<snapshot::FoundLibrary>& from,
                                          const std::vector<snapshot::FoundLibrary>& to) {
  const auto by_role = [](const std::vector<snapshot::FoundLibrary>& libraries) {
    std::map<std::string, std::set<std::string>> roles;
    for (const snapshot::FoundLibrary& library : libraries) {
      roles[library.role].insert(library.name + (library.version.empty() ? "" : " " + library.version) +
                                 (library.package.empty() ? "" : " of " + library.package));
    }
    return roles;
  };
  const auto names = [](const std::vector<snapshot::FoundLibrary>& libraries, const std::string& role) {
    std::set<std::string> all;
    for (const snapshot::FoundLibrary& library : libraries) {
      if (library.role == role) all.insert(library.name);
    }
    return all;
  };
  const auto joined = [](const std::set<std::string>& texts) {
    return core::join(std::vector<std::string>(texts.begin(), texts.end()), ", ");
  };
  const auto left = by_role(from);
  const auto right = by_role(to);
  std::set<std::string> roles;
  for (const auto& [role, found] : left) roles.insert(role);
  for (const auto& [role, found] : right) roles.insert(role);
  std::vector<FactChange> facts;
  for (const std::string& role : roles) {
    const auto one = left.find(role);
    const auto other = right.find(role);
    const std::set<std::string> was = one == left.end() ? std::set<std::string>() : one->second;
    const std::set<std::string> is = other == right.end() ? std::set<std::string>() : other->second;
    if (was == is) continue;
    const bool is_other_maker =
        (role == "blas" || role == "lapack") && !was.empty() && !is.empty() && names(from, role) != names(to, role);
    facts.push_back({.group = "libraries",
                     .what = role,
                     .from = joined(was),
                     .to = joined(is),
                     .remark = is_other_maker ? "another maker's library sums in another order" : "",
                     .platform = ""});
  }
  return facts;
}

std::vector<FactChange> compare_indexes(const std::vector<std::string>& from, const std::vector<std::string>& to) {
  if (from == to) return {};
  return {{.group = "pip",
           .what = "indexes",
           .from = core::join(from, ", "),
           .to = core::join(to, ", "),
           .remark = "",
           .platform = ""}};
}

std::vector<FactChange> compare_variables(const std::map<std::string, std::string>& from,
                                          const std::map<std::string, std::string>& to) {
  std::set<std::string> names;
  for (const auto& [name, value] : from) names.insert(name);
  for (const auto& [name, value] : to) names.insert(name);
  std::vector<FactChange> facts;
  for (const std::string& name : names) {
    const auto left = from.find(name);
    const auto right = to.find(name);
    if (left != from.end() && right != to.end() && left->second == right->second) continue;
    const auto value = [&](const auto& side, const auto& end) -> std::string {
      if (side == end) return "";
      if (side->second.empty()) return "''";
      return snapshot::is_secret_name(name) ? "***" : core::without_secrets(side->second);
    };
    FactChange fact{.group = "variables",
                    .what = name,
                    .from = value(left, from.end()),
                    .to = value(right, to.end()),
                    .remark = "",
                    .platform = ""};
    if (fact.from == fact.to) fact.remark = "the values differ; what may be a secret is not shown";
    facts.push_back(std::move(fact));
  }
  return facts;
}

}  // namespace envlock::diff
