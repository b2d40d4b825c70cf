#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "envlock/lock/lock.h"
#include "envlock/pypi/marker.h"
#include "envlock/pypi/requirement.h"
#include "pip_line.h"

namespace envlock::lock {

/// The parsed view of a lock's PyPI half that categories, freshness and exports share. Refers to the lock.
class PipCatalog {
 public:
  explicit PipCatalog(const Lock& lock);

  const Lock& lock() const { return lock_; }
  const LockedDistribution& distribution(std::size_t index) const { return lock_.distributions[index]; }
  /// What a distribution requires, in order of its `requires_dist`; absent for what cannot be read.
  const std::vector<std::optional<pypi::Requirement>>& requires_of(std::size_t index) const { return requires_[index]; }
  /// The lines, in order of Lock::pip_lines.
  const std::vector<PipAsk>& asks() const { return asks_; }

 private:
  const Lock& lock_;
  std::vector<std::vector<std::optional<pypi::Requirement>>> requires_;
  std::vector<PipAsk> asks_;
};

/// What lines of `pip:` lists reach.
struct PipReach {
  struct Use {
    std::set<std::string> extras;
    std::set<std::string> categories;
  };
  std::map<std::size_t, Use> distributions;  ///< by index into Lock::distributions
  /// The conda packages that bring what is required, by category: they are in it too.
  std::map<std::string, std::set<std::string>> conda_names;
  /// The extras that are asked for of what they bring: name and extra.
  std::set<std::pair<std::string, std::string>> provided_extras;
};

/// The PyPI half of one platform.
class PipView {
 public:
  PipView(const PipCatalog& catalog, const LockedPlatform& platform);

  /// False when the conda part has no python: then no marker has an answer, and nothing is reached.
  bool has_python() const { return !python_.empty(); }
  const std::string& python() const { return python_; }
  /// As wheel tags know it.
  const std::string& tag_python() const { return tag_python_; }
  const pypi::MarkerEnvironment& environment() const { return environment_; }

  /// The locked distribution of that name (an index into Lock::distributions), and what conda packages bring.
  std::optional<std::size_t> find(std::string_view name) const;
  const ProvidedDistribution* find_provided(std::string_view name) const;
  /// What an extra adds of a distribution that the conda part brings; null when the lock does not tell.
  const ProvidedExtra* find_provided_extra(std::string_view name, std::string_view extra) const;
  const std::vector<ProvidedDistribution>& provided() const { return provided_; }
  /// What a line means: by its name, else by its place.
  std::optional<std::size_t> find(const PipLine& line, const PipAsk& ask) const;

  /// True when the line asks for something on this platform, or bounds it.
  bool holds(const PipLine& line, const PipAsk& ask) const;
  /// True when the requirement counts for a distribution with that extra; "" for none.
  bool holds(const pypi::Requirement& requirement, const std::string& extra) const;

  PipReach reach() const;

 private:
  const PipCatalog& catalog_;
  const LockedPlatform& platform_;
  std::string python_;
  std::string tag_python_;
  pypi::MarkerEnvironment environment_;
  std::map<std::string_view, std::size_t> by_name_;
  std::vector<ProvidedDistribution> provided_;
};

}  // namespace envlock::lock
