#include "changes.h"

#include <tuple>
#include <utility>

#include "distance.h"
#include "envlock/pypi/version.h"
#include "flavour.h"
#include "item_parts.h"

namespace envlock::diff {
namespace {

/// What two files of the same build are to each other.
enum class Files { same, other_archive, other_hash };

Files compare_files(const Item& from, const Item& to) {
  if (!from.file_name.empty() && !to.file_name.empty() && from.file_name != to.file_name) return Files::other_archive;
  if (from.sha256 && to.sha256) return *from.sha256 == *to.sha256 ? Files::same : Files::other_hash;
  if (from.md5 && to.md5) return *from.md5 == *to.md5 ? Files::same : Files::other_hash;
  return Files::same;
}

/// Builds that are told on both sides and differ; "editable" against a plain file differs too.
bool is_other_build(const Item& from, const Item& to) {
  if (from.build == to.build) return false;
  return from.kind == PackageKind::pypi || (!from.build.empty() && !to.build.empty());
}

/// Versions of PyPI are PEP 440's, all others conda's.
std::weak_ordering order_of(const Item& from, const Item& to) {
  if (from.kind == PackageKind::pypi) {
    const auto left = pypi::Version::try_parse(from.version);
    const auto right = pypi::Version::try_parse(to.version);
    if (left && right) return *left <=> *right;
  }
  return compare_versions(from.version, to.version);
}

ChangeKind kind_of(const Item& from, const Item& to, bool& differs) {
  differs = true;
  if (from.version != to.version && !from.version.empty() && !to.version.empty()) {
    const std::weak_ordering order = order_of(from, to);
    // 1.0 and 1.0.0 are the same version, told by other words: another build. Of pypi, an environment tells a version
    // as its author wrote it.
    if (order == 0 && from.kind == PackageKind::conda) return ChangeKind::rebuilt;
    if (order != 0) return order < 0 ? ChangeKind::upgraded : ChangeKind::downgraded;
  }
  if (is_other_build(from, to)) return ChangeKind::rebuilt;
  switch (compare_files(from, to)) {
    case Files::other_archive:
      // Wheels of one version are builds of it.
      return from.kind == PackageKind::pypi ? ChangeKind::rebuilt : ChangeKind::repackaged;
    case Files::other_hash:
      return ChangeKind::rehashed;
    case Files::same:
      break;
  }
  if (from.built_sha256 && to.built_sha256 && *from.built_sha256 != *to.built_sha256) return ChangeKind::rebuilt;
  if (from.root && to.root && *from.root != *to.root) return ChangeKind::altered;
  if (!same_channel(from.channel, to.channel)) return ChangeKind::moved;
  differs = from.extras && to.extras && *from.extras != *to.extras;
  return ChangeKind::extras;
}

Change one_sided(const Item& item, ChangeKind kind) {
  Change change;
  change.kind = kind;
  (kind == ChangeKind::added ? change.to : change.from) = item;
  change.requested = item.requested;
  return change;
}

}  // namespace

std::optional<Change> compare_two(const Item& from, const Item& to) {
  bool differs = false;
  const ChangeKind kind = kind_of(from, to, differs);
  if (!differs) return std::nullopt;
  Change change;
  change.kind = kind;
  if (kind == ChangeKind::upgraded || kind == ChangeKind::downgraded) {
    change.distance = distance_between(from.version, to.version);
  }
  change.from = from;
  change.to = to;
  change.channel_moved = !same_channel(from.channel, to.channel);
  change.requested = from.requested || to.requested;
  return change;
}

PlatformChanges compare_items(const std::vector<Item>& from, const std::vector<Item>& to, bool knows_depends) {
  PlatformChanges result;
  const auto key = [](const Item& item) { return std::tie(item.kind, item.name); };
  auto left = from.begin();
  auto right = to.begin();
  while (left != from.end() || right != to.end()) {
    if (right == to.end() || (left != from.end() && key(*left) < key(*right))) {
      result.changes.push_back(one_sided(*left++, ChangeKind::removed));
    } else if (left == from.end() || key(*right) < key(*left)) {
      result.changes.push_back(one_sided(*right++, ChangeKind::added));
    } else {
      std::optional<Change> change = compare_two(*left++, *right++);
      if (change) {
        result.changes.push_back(std::move(*change));
      } else {
        ++result.unchanged;
      }
    }
  }
  judge_flavours(result.changes, knows_depends);
  return result;
}

}  // namespace envlock::diff
