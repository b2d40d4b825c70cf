#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "envlock/conda/match_spec.h"
#include "envlock/conda/package_record.h"
#include "envlock/conda/platform.h"
#include "envlock/conda/version.h"
#include "envlock/lock/lock.h"

namespace envlock::lock {

/// A depend or constrain of a record, read once however often its text occurs.
struct Edge {
  const std::string* text = nullptr;       ///< as the record has it
  const conda::MatchSpec* spec = nullptr;  ///< null when the text is no MatchSpec
  std::string_view name;                   ///< whom it is about, even then
};

/// The parsed view of a lock's packages that categories, freshness, `why` and exports share. Refers to the packages.
class Catalog {
 public:
  explicit Catalog(const std::vector<LockedPackage>& packages);

  const conda::PackageRecord& record(std::size_t package) const { return packages_[package].record; }
  const std::vector<Edge>& depends(std::size_t package) const { return depends_[package]; }
  const std::vector<Edge>& constrains(std::size_t package) const { return constrains_[package]; }
  /// True when the record is what the spec asks for, `channel` aside.
  bool matches(const conda::MatchSpec& spec, std::size_t package) const;

 private:
  Edge edge(const std::string& text);

  const std::vector<LockedPackage>& packages_;
  std::vector<conda::Version> versions_;
  std::unordered_map<std::string_view, std::optional<conda::MatchSpec>> specs_;  // looked up only, never iterated
  std::vector<std::vector<Edge>> depends_;
  std::vector<std::vector<Edge>> constrains_;
};

/// What stands on one platform: its packages by name, and its virtual packages.
class PlatformView {
 public:
  PlatformView(const Catalog& catalog, const LockedPlatform& platform);

  /// The package of that name (an index into Lock::packages).
  std::optional<std::size_t> find(std::string_view name) const;
  const conda::VirtualPackage* find_virtual(std::string_view name) const;
  /// True when a virtual package of the platform is what the spec asks for.
  bool assumed(const conda::MatchSpec& spec) const;
  /// All packages reached from those of these names over depends, as a set of indexes into Lock::packages.
  std::vector<bool> reach(const std::vector<std::string>& names) const;

 private:
  const Catalog& catalog_;
  const LockedPlatform& platform_;
  std::map<std::string_view, std::size_t> by_name_;
};

struct PipReach;

/// For every package of the platform, the categories of the requests that reach it, sorted; in order of
/// LockedPlatform::packages. No category: nothing asks for it. A package that brings what lines of a `pip:` list need
/// is in their categories too.
std::vector<std::vector<std::string>> categories_on(const PlatformView& view, const LockedPlatform& platform,
                                                    const std::vector<conda::Request>& requests, const PipReach& pip);

}  // namespace envlock::lock
