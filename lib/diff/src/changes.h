#pragma once

#include <cstddef>
#include <vector>

#include "envlock/diff/diff.h"

namespace envlock::diff {

/// What happened to the packages of one platform, sorted by (kind, name); causes are not told yet.
struct PlatformChanges {
  std::vector<Change> changes;
  std::size_t unchanged = 0;
};
/// `knows_depends`: both sides tell dependencies.
PlatformChanges compare_items(const std::vector<Item>& from, const std::vector<Item>& to, bool knows_depends);

/// Absent: the two are the same as far as both tell.
std::optional<Change> compare_two(const Item& from, const Item& to);

/// Changes of several platforms, the equal ones together, in the order that Diff::changes has.
struct NamedChanges {
  std::string platform;
  std::vector<Change> changes;
};
std::vector<ChangeGroup> group_changes(std::vector<NamedChanges> platforms);

}  // namespace envlock::diff
