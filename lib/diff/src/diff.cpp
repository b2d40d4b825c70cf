#include "envlock/diff/diff.h"

#include <algorithm>
#include <set>
#include <utility>

#include "causes.h"
#include "changes.h"
#include "computed.h"
#include "facts.h"

namespace envlock::diff {
namespace {

using Platform = Inventory::Platform;

struct Pair {
  const Platform* from = nullptr;
  const Platform* to = nullptr;
};

/// By its nature of one platform: what the other side holds for others is no difference.
bool is_single(const Inventory& inventory) {
  return inventory.kind == SourceKind::prefix || inventory.kind == SourceKind::snapshot ||
         inventory.kind == SourceKind::explicit_urls;
}

std::size_t count_differences(const Platform& from, const Platform& to) {
  return compare_items(from.items, to.items, false).changes.size();
}

bool may_fit(const Platform& left, const Platform& right) {
  return left.subdir == right.subdir || left.subdir.empty() || right.subdir.empty();
}

/// The single platform of one side against the profile of the other that differs least.
std::vector<Pair> pair_single(const Inventory& from, const Inventory& to, Diff& diff) {
  std::vector<Pair> fitting;
  for (const Platform& left : from.platforms) {
    for (const Platform& right : to.platforms) {
      if (may_fit(left, right)) fitting.push_back({&left, &right});
    }
  }
  if (fitting.size() < 2) return fitting;
  std::size_t best = 0;
  std::size_t least = static_cast<std::size_t>(-1);
  for (std::size_t i = 0; i < fitting.size(); ++i) {
    const std::size_t differences = count_differences(*fitting[i].from, *fitting[i].to);
    if (differences < least) {
      best = i;
      least = differences;
    }
  }
  const bool many_left = from.platforms.size() > 1;
  diff.remarks.push_back("of the " + std::to_string(fitting.size()) + " platforms of " + (many_left ? from : to).label +
                         " that fit, `" + (many_left ? fitting[best].from : fitting[best].to)->name +
                         "` differs least");
  return {fitting[best]};
}

/// By name, else by subdir where each side has one left of it.
std::vector<Pair> pair_many(const Inventory& from, const Inventory& to) {
  std::vector<Pair> pairs;
  std::vector<const Platform*> left_over;
  std::set<const Platform*> taken;
  for (const Platform& left : from.platforms) {
    const auto same = std::find_if(to.platforms.begin(), to.platforms.end(),
                                   [&](const Platform& right) { return right.name == left.name; });
    if (same == to.platforms.end()) {
      left_over.push_back(&left);
    } else {
      pairs.push_back({&left, &*same});
      taken.insert(&*same);
    }
  }
  for (const Platform* left : left_over) {
    std::vector<const Platform*> fitting;
    for (const Platform& right : to.platforms) {
      if (right.subdir == left->subdir && !taken.contains(&right)) fitting.push_back(&right);
    }
    const auto alike = std::count_if(left_over.begin(), left_over.end(),
                                     [&](const Platform* other) { return other->subdir == left->subdir; });
    if (fitting.size() == 1 && alike == 1) pairs.push_back({left, fitting.front()});
  }
  return pairs;
}

std::vector<Pair> pair_platforms(const Inventory& from, const Inventory& to, Diff& diff) {
  const bool one_is_single =
      (is_single(from) && from.platforms.size() == 1) || (is_single(to) && to.platforms.size() == 1);
  std::vector<Pair> pairs = one_is_single ? pair_single(from, to, diff) : pair_many(from, to);
  std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) {
    return std::tie(a.from->name, a.to->name) < std::tie(b.from->name, b.to->name);
  });
  if (one_is_single && !pairs.empty()) return pairs;
  // What has no packages at all, such as the snapshot of a machine, lacks no platform.
  if (from.platforms.empty() || to.platforms.empty()) return pairs;
  for (const Platform& left : from.platforms) {
    if (std::none_of(pairs.begin(), pairs.end(), [&](const Pair& pair) { return pair.from == &left; })) {
      diff.only_from.push_back(left.name);
    }
  }
  for (const Platform& right : to.platforms) {
    if (std::none_of(pairs.begin(), pairs.end(), [&](const Pair& pair) { return pair.to == &right; })) {
      diff.only_to.push_back(right.name);
    }
  }
  if (pairs.empty()) diff.remarks.push_back("they have no platform in common");
  return pairs;
}

void append(std::vector<FactChange>& all, std::vector<FactChange> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// A snapshot of a machine alone still tells whether it can take what a lock assumes.
void compare_with_bare_machine(const Inventory& from, const Inventory& to, Diff& diff) {
  if (from.platforms.empty() == to.platforms.empty()) return;
  const Inventory& bare = from.platforms.empty() ? from : to;
  const Inventory& other = from.platforms.empty() ? to : from;
  if (!bare.machine || other.machine) return;
  for (const Platform& platform : other.platforms) {
    Platform machine{platform.name, platform.subdir, bare.machine->virtual_packages, {}};
    append(diff.facts, from.platforms.empty() ? compare_virtual_packages(from, machine, to, platform)
                                              : compare_virtual_packages(from, platform, to, machine));
  }
}

enum class Causes { tell, skip };

Diff compare_sides(const Inventory& from, const Inventory& to, Causes causes) {
  Diff diff;
  diff.from = from.label;
  diff.to = to.label;
  diff.from_kind = from.kind;
  diff.to_kind = to.kind;
  diff.knows_requests = from.knows_requests || to.knows_requests;
  diff.knows_depends = from.knows_depends && to.knows_depends;
  std::vector<NamedChanges> platforms;
  for (const Pair& pair : pair_platforms(from, to, diff)) {
    PlatformChanges changes = compare_items(pair.from->items, pair.to->items, diff.knows_depends);
    if (causes == Causes::tell) tell_causes(changes.changes, *pair.from, *pair.to);
    diff.unchanged += changes.unchanged;
    diff.platforms.push_back({pair.from->name, pair.to->name, pair.from->items.size(), pair.to->items.size()});
    platforms.push_back({diff.platforms.back().name(), std::move(changes.changes)});
    append(diff.facts, compare_virtual_packages(from, *pair.from, to, *pair.to));
  }
  compare_with_bare_machine(from, to, diff);
  diff.changes = group_changes(std::move(platforms));
  if (from.machine && to.machine) append(diff.facts, compare_machines(*from.machine, *to.machine));
  if (from.knows_libraries && to.knows_libraries) append(diff.facts, compare_libraries(from.libraries, to.libraries));
  if (from.indexes && to.indexes) append(diff.facts, compare_indexes(*from.indexes, *to.indexes));
  if (from.knows_variables && to.knows_variables) append(diff.facts, compare_variables(from.variables, to.variables));
  compare_computed(from, to, diff);
  return diff;
}

}  // namespace

std::string_view name_of(ChangeKind kind) {
  constexpr std::string_view kNames[kChangeKinds] = {"added",      "removed",  "upgraded", "downgraded", "rebuilt",
                                                     "repackaged", "rehashed", "altered",  "moved",      "extras"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view name_of(Distance distance) {
  constexpr std::string_view kNames[] = {"none", "major", "minor", "patch", "other"};
  return kNames[static_cast<std::size_t>(distance)];
}

std::string PlatformPair::name() const {
  return from == to ? from : from.empty() ? to : to.empty() ? from : from + " / " + to;
}

bool Diff::empty() const {
  return only_from.empty() && only_to.empty() && changes.empty() && facts.empty() && computed.empty();
}

Diff compare(const Inventory& from, const Inventory& to) {
  return compare_sides(from, to, Causes::tell);
}

std::vector<std::vector<std::size_t>> group(const std::vector<Inventory>& inventories) {
  std::vector<std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < inventories.size(); ++i) {
    const auto equal = std::find_if(groups.begin(), groups.end(), [&](const std::vector<std::size_t>& members) {
      return compare_sides(inventories[members.front()], inventories[i], Causes::skip).empty();
    });
    if (equal == groups.end()) {
      groups.push_back({i});
    } else {
      equal->push_back(i);
    }
  }
  std::stable_sort(groups.begin(), groups.end(),
                   [](const auto& left, const auto& right) { return left.size() > right.size(); });
  return groups;
}

}  // namespace envlock::diff
