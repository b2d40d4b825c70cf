#include "catalog.h"

#include <algorithm>
#include <set>
#include <utility>

#include "pip_view.h"
#include "requests.h"

namespace envlock::lock {
namespace {

std::string_view leading_name(std::string_view text) {
  return text.substr(0, text.find_first_of(" \t=<>!~[,"));
}

}  // namespace

Catalog::Catalog(const std::vector<LockedPackage>& packages) : packages_(packages) {
  versions_.reserve(packages.size());
  depends_.resize(packages.size());
  constrains_.resize(packages.size());
  for (std::size_t i = 0; i < packages.size(); ++i) {
    const conda::PackageRecord& each = packages[i].record;
    versions_.push_back(conda::Version::try_parse(each.version).value_or(conda::Version()));
    for (const std::string& text : each.depends) depends_[i].push_back(edge(text));
    for (const std::string& text : each.constrains) constrains_[i].push_back(edge(text));
  }
}

Edge Catalog::edge(const std::string& text) {
  auto [entry, is_new] = specs_.try_emplace(text);
  if (is_new) {
    try {
      entry->second = conda::MatchSpec::parse(text);
    } catch (const core::Error&) {
      // Left empty: whoever needs the spec reports the text.
    }
  }
  const conda::MatchSpec* spec = entry->second ? &*entry->second : nullptr;
  return {&text, spec, spec == nullptr ? leading_name(text) : std::string_view(spec->name)};
}

bool Catalog::matches(const conda::MatchSpec& spec, std::size_t package) const {
  const conda::PackageRecord& each = packages_[package].record;
  if (spec.needs_only_identity()) return spec.matches(each.name, versions_[package], each.build, each.build_number);
  return spec.matches(each);
}

PlatformView::PlatformView(const Catalog& catalog, const LockedPlatform& platform)
    : catalog_(catalog), platform_(platform) {
  for (const PlatformPackage& each : platform.packages)
    by_name_.emplace(catalog.record(each.package).name, each.package);
}

std::optional<std::size_t> PlatformView::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? std::nullopt : std::optional(found->second);
}

const conda::VirtualPackage* PlatformView::find_virtual(std::string_view name) const {
  for (const conda::VirtualPackage& each : platform_.platform.virtual_packages) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

bool PlatformView::assumed(const conda::MatchSpec& spec) const {
  const conda::VirtualPackage* fact = find_virtual(spec.name);
  if (fact == nullptr) return false;
  const auto version = conda::Version::try_parse(fact->version);
  return version && spec.matches(fact->name, *version, fact->build, 0);
}

std::vector<bool> PlatformView::reach(const std::vector<std::string>& names) const {
  std::size_t size = 0;
  for (const PlatformPackage& each : platform_.packages) size = std::max(size, each.package + 1);
  std::vector<bool> reached(size);
  std::vector<std::size_t> open;
  const auto visit = [&](std::string_view name) {
    const std::optional<std::size_t> package = find(name);
    if (!package || reached[*package]) return;
    reached[*package] = true;
    open.push_back(*package);
  };
  for (const std::string& name : names) visit(name);
  while (!open.empty()) {
    const std::size_t package = open.back();
    open.pop_back();
    for (const Edge& edge : catalog_.depends(package)) visit(edge.name);
  }
  return reached;
}

std::vector<std::vector<std::string>> categories_on(const PlatformView& view, const LockedPlatform& platform,
                                                    const std::vector<conda::Request>& requests, const PipReach& pip) {
  std::map<std::string, std::vector<std::string>> names_of;
  for (const conda::Request* request : requests_on(requests, platform.platform.subdir)) {
    names_of[request->category].push_back(request->spec.name);
  }
  for (const auto& [category, names] : pip.conda_names) {
    names_of[category].insert(names_of[category].end(), names.begin(), names.end());
  }
  std::vector<std::vector<std::string>> categories(platform.packages.size());
  for (const auto& [category, names] : names_of) {
    const std::vector<bool> reached = view.reach(names);
    for (std::size_t i = 0; i < platform.packages.size(); ++i) {
      if (reached[platform.packages[i].package]) categories[i].push_back(category);
    }
  }
  return categories;
}

}  // namespace envlock::lock
