#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "changes.h"

namespace envlock::diff {
namespace {

std::string_view version_of(const std::optional<Item>& item) {
  return item ? std::string_view(item->version) : std::string_view();
}
std::string_view channel_of(const std::optional<Item>& item) {
  return item ? std::string_view(item->channel) : std::string_view();
}
std::string_view build_of(const std::optional<Item>& item) {
  return item ? std::string_view(item->build) : std::string_view();
}

std::vector<std::string> extras_of(const std::optional<Item>& item) {
  return item && item->extras ? *item->extras : std::vector<std::string>();
}

/// What a reader takes for the same change, whatever the builds of each platform are called.
auto key_of(const Change& change) {
  return std::tuple(
      change.item().kind, std::string_view(change.item().name), change.kind, version_of(change.from),
      version_of(change.to), change.channel_moved, change.channel_moved ? channel_of(change.from) : std::string_view(),
      change.channel_moved ? channel_of(change.to) : std::string_view(), change.cpu_build, change.flavour_from,
      change.flavour_to, change.requested, extras_of(change.from), extras_of(change.to));
}

/// Where a group stands in Diff::changes.
struct Place {
  int section = 0;            ///< 0: requests; 1: with a cause; 2: the rest
  bool root_is_plain = true;  ///< no request began the chain
  std::size_t smaller = 0;    ///< the more the chain moved, the smaller
  std::string_view root;
  std::size_t depth = 0;
  std::string_view name;
  PackageKind kind = PackageKind::conda;

  auto operator<=>(const Place&) const = default;
};

std::vector<Place> places_of(const std::vector<ChangeGroup>& groups) {
  std::map<std::string_view, std::size_t> moved;
  std::map<std::string_view, bool> requested;
  for (const ChangeGroup& group : groups) {
    const Change& change = group.change();
    if (!change.cause.empty()) ++moved[change.cause.front()];
    if (change.requested) requested[change.item().name] = true;
  }
  std::vector<Place> places;
  for (const ChangeGroup& group : groups) {
    const Change& change = group.change();
    Place place;
    place.name = change.item().name;
    place.kind = change.item().kind;
    const std::string_view root = change.cause.empty() ? place.name : std::string_view(change.cause.front());
    if (!change.requested && moved.contains(root)) {
      place.section = 1;
      place.root_is_plain = !requested.contains(root) && !root.starts_with("__");
      place.smaller = groups.size() - moved[root];
      place.root = root;
      place.depth = change.cause.size();
    } else if (!change.requested) {
      place.section = 2;
    }
    places.push_back(place);
  }
  return places;
}

std::vector<ChangeGroup> in_order(std::vector<ChangeGroup> groups) {
  const std::vector<Place> places = places_of(groups);
  std::vector<std::size_t> order(groups.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return places[a] < places[b]; });
  std::vector<ChangeGroup> sorted;
  sorted.reserve(groups.size());
  for (const std::size_t at : order) sorted.push_back(std::move(groups[at]));
  return sorted;
}

}  // namespace

std::vector<ChangeGroup> group_changes(std::vector<NamedChanges> platforms) {
  std::map<decltype(key_of(std::declval<const Change&>())), std::vector<std::pair<std::size_t, std::size_t>>> by_key;
  for (std::size_t i = 0; i < platforms.size(); ++i) {
    for (std::size_t j = 0; j < platforms[i].changes.size(); ++j) {
      by_key[key_of(platforms[i].changes[j])].emplace_back(i, j);
    }
  }
  // The keys are views into the changes: all are moved once the last key was compared.
  std::vector<std::vector<std::pair<std::size_t, std::size_t>>> members;
  for (auto& [key, places] : by_key) members.push_back(std::move(places));
  by_key.clear();
  std::vector<ChangeGroup> groups;
  for (const auto& places : members) {
    ChangeGroup group;
    for (const auto& [i, j] : places) {
      group.each.push_back({platforms[i].platform, std::move(platforms[i].changes[j])});
      const Change& change = group.each.back().change;
      group.same_builds = group.same_builds && build_of(change.from) == build_of(group.change().from) &&
                          build_of(change.to) == build_of(group.change().to);
    }
    group.everywhere = group.each.size() == platforms.size();
    groups.push_back(std::move(group));
  }
  return in_order(std::move(groups));
}

}  // namespace envlock::diff
