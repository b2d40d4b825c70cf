#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "envlock/core/text.h"
#include "envlock/report/lock_report.h"
#include "envlock/report/units.h"
#include "lock_changes.h"
#include "paint.h"
#include "table.h"

namespace envlock::report {
namespace {

constexpr std::size_t kMostRows = 60;
constexpr std::size_t kMostLikeRows = 20;

/// What a row of the table says; the platforms that say the same share it. Ordered by name.
struct RowKey {
  std::string name;
  char mark = ' ';  ///< '+', '-' or '~'
  std::string version;
  std::string detail;  ///< what changed beside the version

  auto operator<=>(const RowKey&) const = default;
};

struct Row {
  std::set<std::string> platforms;
  std::set<std::string> builds;  ///< shown when the platforms agree
};

std::string arrow(const std::string& before, const std::string& after) {
  return shown(before) + " → " + shown(after);
}

/// What differs between two records of one version and build.
std::string detail_of(const conda::PackageRecord& before, const conda::PackageRecord& after) {
  if (before.channel != after.channel) return "channel " + arrow(before.channel, after.channel);
  if (before.subdir != after.subdir) return "folder " + arrow(before.subdir, after.subdir);
  if (before.file_name != after.file_name) return "file " + arrow(before.file_name, after.file_name);
  return "the file's sha256 changed";
}

void add_row(std::map<RowKey, Row>& rows, const Change& change, const std::string& platform) {
  RowKey key;
  std::string build;
  if (change.before == nullptr || change.after == nullptr) {
    const conda::PackageRecord& record = change.before != nullptr ? *change.before : *change.after;
    key = {shown(record.name), change.before != nullptr ? '-' : '+', shown(record.version), ""};
    build = shown(record.build);
  } else {
    const conda::PackageRecord& before = *change.before;
    const conda::PackageRecord& after = *change.after;
    key = {shown(after.name), '~',
           before.version == after.version ? shown(after.version) : arrow(before.version, after.version), ""};
    if (before.build != after.build) {
      build = arrow(before.build, after.build);
    } else if (before.version == after.version) {
      key.detail = detail_of(before, after);
    }
  }
  Row& row = rows[key];
  row.platforms.insert(platform);
  row.builds.insert(build);
}

void add_row(std::map<RowKey, Row>& rows, const DistributionChange& change, const std::string& platform) {
  RowKey key;
  if (change.before == nullptr || change.after == nullptr) {
    const lock::LockedDistribution& distribution = change.before != nullptr ? *change.before : *change.after;
    key = {shown(distribution.name), change.before != nullptr ? '-' : '+', shown(distribution.version), "from PyPI"};
  } else {
    const lock::LockedDistribution& before = *change.before;
    const lock::LockedDistribution& after = *change.after;
    const bool same = before.version == after.version;
    key = {shown(after.name), '~', same ? shown(after.version) : arrow(before.version, after.version), "from PyPI"};
    if (same && before.file != after.file) key.detail = "file " + arrow(before.file, after.file);
    if (same && before.commit != after.commit) key.detail = "commit " + arrow(before.commit, after.commit);
  }
  rows[key].platforms.insert(platform);
}

std::string join(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + shown(name);
  return text;
}

/// The rows, grouped by the platforms that share them: those of most platforms first.
std::string draw_changes(const std::vector<PlatformChanges>& platforms, std::size_t platform_count) {
  std::map<RowKey, Row> rows;
  for (const PlatformChanges& platform : platforms) {
    if (platform.is_new || platform.is_gone) continue;
    const std::string& name = platform.platform->platform.name;
    for (const auto* changes : {&platform.added, &platform.changed, &platform.removed}) {
      for (const Change& change : *changes) add_row(rows, change, name);
    }
    for (const auto* changes :
         {&platform.distributions_added, &platform.distributions_changed, &platform.distributions_removed}) {
      for (const DistributionChange& change : *changes) add_row(rows, change, name);
    }
  }
  std::map<std::pair<std::size_t, std::string>, std::vector<const std::pair<const RowKey, Row>*>> groups;
  for (const auto& row : rows) {
    groups[{platform_count - row.second.platforms.size(), join(row.second.platforms)}].push_back(&row);
  }
  std::string drawn;
  for (const auto& [order, members] : groups) {
    if (platform_count > 1) drawn += "  " + order.second + "\n";
    Table table({Table::Align::left, Table::Align::left, Table::Align::left, Table::Align::left});
    for (std::size_t i = 0; i < std::min(members.size(), kMostRows); ++i) {
      const auto& [key, row] = *members[i];
      std::string last = key.detail;
      if (last.empty() && row.builds.size() == 1 && !row.builds.begin()->empty()) last = "build " + *row.builds.begin();
      const bool same_version = key.mark == '~' && key.version.find("→") == std::string::npos;
      if (last.empty() && row.builds.size() > 1 && same_version) last = "another build on each";
      table.add({std::string(1, key.mark), key.name, key.version, last});
    }
    drawn += table.draw(platform_count > 1 ? "    " : "  ");
    if (members.size() > kMostRows) {
      drawn += "    and " + format_count(members.size() - kMostRows) + " more; --json lists all\n";
    }
  }
  return drawn;
}

/// Counted once per row, not once per platform: what a reader sees below.
std::string draw_totals(const std::vector<PlatformChanges>& platforms) {
  std::set<std::string> added;
  std::set<std::string> removed;
  std::set<std::string> changed;
  for (const PlatformChanges& platform : platforms) {
    if (platform.is_new || platform.is_gone) continue;
    for (const Change& change : platform.added) added.insert(change.after->name);
    for (const Change& change : platform.removed) removed.insert(change.before->name);
    for (const Change& change : platform.changed) changed.insert(change.after->name);
    // "pypi:" keeps a distribution apart from a conda package of its name.
    for (const DistributionChange& change : platform.distributions_added) added.insert("pypi:" + change.after->name);
    for (const DistributionChange& change : platform.distributions_removed) {
      removed.insert("pypi:" + change.before->name);
    }
    for (const DistributionChange& change : platform.distributions_changed) {
      changed.insert("pypi:" + change.after->name);
    }
  }
  std::string text;
  const auto add = [&](std::size_t count, const char* word) {
    if (count > 0) text += (text.empty() ? "" : ", ") + format_count(count) + " " + word;
  };
  add(added.size(), "added");
  add(changed.size(), "changed");
  add(removed.size(), "removed");
  std::size_t kept = 0;
  for (const PlatformChanges& platform : platforms) {
    kept = std::max(kept, platform.kept + platform.distributions_kept);
  }
  add(kept, "kept");
  return text;
}

std::string draw_platforms(const lock::Lock& lock) {
  Table table({Table::Align::left, Table::Align::right, Table::Align::left});
  for (const lock::LockedPlatform& platform : lock.platforms) {
    std::uint64_t bytes = 0;
    bool all_known = true;
    for (const lock::PlatformPackage& package : platform.packages) {
      const conda::PackageRecord& record = lock.packages.at(package.package).record;
      bytes += record.size.value_or(0);
      all_known = all_known && record.size.has_value();
    }
    for (const lock::PlatformDistribution& each : platform.distributions) {
      const std::optional<std::uint64_t> size = lock.distributions.at(each.distribution).size;
      bytes += size.value_or(0);
      all_known = all_known && size.has_value();
    }
    std::string count = count_of(platform.packages.size(), "package");
    if (!platform.distributions.empty()) count += ", " + format_count(platform.distributions.size()) + " from PyPI";
    table.add({shown(platform.platform.name), count,
               bytes == 0 ? "" : (all_known ? "" : "at least ") + format_bytes(bytes) + " to download"});
  }
  return table.draw("  ");
}

std::string draw_like(const LikeSummary& like) {
  std::string drawn = "  " + shown(like.platform) + ": " + format_count(like.kept) + " of " +
                      count_of(like.wanted, "pick") + " of --like kept\n";
  std::size_t rows = 0;
  const auto list = [&](const std::vector<std::string>& picks, const std::string& beginning) {
    for (const std::string& pick : picks) {
      if (rows++ < kMostLikeRows) drawn += "    " + beginning + shown(pick) + "\n";
    }
  };
  list(like.replaced, "");
  list(like.missing, "not in the channels: ");
  if (rows > kMostLikeRows) drawn += "    and " + format_count(rows - kMostLikeRows) + " more; --json lists all\n";
  return drawn;
}

}  // namespace

std::string text_lock(const LockSummary& summary, const Style& style) {
  const lock::Lock& lock = *summary.lock;
  const std::string file = paint(shown(summary.file), Color::bold, style);
  std::string drawn;
  if (summary.unchanged) {
    drawn = file + " is up to date\n" + draw_platforms(lock);
  } else {
    const std::vector<PlatformChanges> platforms = compare_platforms(lock, summary.previous);
    const std::string totals = summary.previous == nullptr ? "" : draw_totals(platforms);
    drawn = "wrote " + file + (totals.empty() ? "" : ": " + totals) + "\n" + draw_platforms(lock);
    if (summary.previous != nullptr) {
      for (const PlatformChanges& platform : platforms) {
        const std::string name = shown(platform.platform->platform.name);
        if (platform.is_new) drawn += "  " + name + " is new\n";
        if (platform.is_gone) drawn += "  " + name + " is no longer locked\n";
      }
      drawn += draw_changes(platforms, lock.platforms.size());
    }
  }
  for (const LikeSummary& like : summary.like) drawn += draw_like(like);
  return drawn;
}

std::string text_lock_check(const std::string& file, std::size_t findings, const Style& style) {
  const std::string name = paint(shown(file), Color::bold, style);
  if (findings == 0) return name + " is fresh\n";
  return name + " is stale: " + count_of(findings, "finding") + "; `envlock lock` brings it up to date\n";
}

}  // namespace envlock::report
