#include "diff_report_parts.h"

#include <algorithm>
#include <map>
#include <utility>

#include "envlock/core/text.h"
#include "envlock/report/units.h"

namespace envlock::report {
namespace {

using diff::Change;
using diff::ChangeGroup;
using diff::ChangeKind;

constexpr std::string_view kAlias = "https://conda.anaconda.org/";

/// Nothing that a reader must see but the name.
bool is_plainly(const ChangeGroup& group, ChangeKind kind) {
  const Change& change = group.change();
  return change.kind == kind && !change.cpu_build && (kind == ChangeKind::moved || !change.channel_moved);
}

void add_move(DiffSection& section, const ChangeGroup& group) {
  const Change& change = group.change();
  for (DiffSection::Move& move : section.moves) {
    if (move.kind == change.item().kind && move.from == change.from->channel && move.to == change.to->channel) {
      move.packages.push_back(&group);
      return;
    }
  }
  section.moves.push_back({change.item().kind, change.from->channel, change.to->channel, {&group}});
}

void add(DiffSection& section, const ChangeGroup& group) {
  if (section.kind != DiffSection::Kind::requests && is_plainly(group, ChangeKind::rebuilt)) {
    section.rebuilt.push_back(&group);
  } else if (is_plainly(group, ChangeKind::moved)) {
    add_move(section, group);
  } else {
    section.rows.push_back(&group);
  }
}

std::string short_hash(const diff::Item& item) {
  if (item.sha256) return "sha256 " + core::format(*item.sha256).substr(0, 12);
  if (item.md5) return "md5 " + core::format(*item.md5).substr(0, 12);
  return "";
}

/// Of one version: the files; of one file the wheels that were made of it.
Sides files_of(const Change& change) {
  const diff::Item& from = *change.from;
  const diff::Item& to = *change.to;
  if (from.file_name != to.file_name || !from.built_sha256 || !to.built_sha256) return {from.file_name, to.file_name};
  const auto wheel = [](const diff::Item& item) { return "wheel " + core::format(*item.built_sha256).substr(0, 12); };
  return {wheel(from), wheel(to)};
}

std::string extras_of(const diff::Item& item) {
  return item.extras->empty() ? "none" : core::join(*item.extras, ", ");
}

std::string_view flavour_word(diff::Flavour flavour) {
  return flavour == diff::Flavour::cuda ? "CUDA" : "CPU";
}

}  // namespace

std::vector<DiffSection> sections_of(const diff::Diff& diff) {
  std::map<std::string_view, const ChangeGroup*> by_name;
  std::map<std::string_view, bool> is_root;
  for (const ChangeGroup& group : diff.changes) {
    // Where the platforms do not agree on what happened to it, no title can say it.
    if (const auto [known, is_new] = by_name.emplace(group.change().item().name, &group); !is_new) {
      known->second = nullptr;
    }
    if (!group.change().cause.empty()) is_root[group.change().cause.front()] = true;
  }
  std::vector<DiffSection> sections;
  for (const ChangeGroup& group : diff.changes) {
    const Change& change = group.change();
    DiffSection section;
    if (change.requested) {
      section.kind = DiffSection::Kind::requests;
    } else if (!change.cause.empty() || is_root.contains(change.item().name)) {
      section.kind = DiffSection::Kind::cause;
      section.root = change.cause.empty() ? change.item().name : change.cause.front();
      const auto root = by_name.find(section.root);
      section.root_group = root == by_name.end() ? nullptr : root->second;
    }
    const bool goes_on =
        !sections.empty() && sections.back().kind == section.kind && sections.back().root == section.root;
    if (!goes_on) sections.push_back(std::move(section));
    add(sections.back(), group);
  }
  return sections;
}

std::array<std::size_t, diff::kChangeKinds> count_kinds(const diff::Diff& diff) {
  std::array<std::size_t, diff::kChangeKinds> counts{};
  for (const ChangeGroup& group : diff.changes) ++counts[static_cast<std::size_t>(group.change().kind)];
  return counts;
}

std::string_view channel_word(diff::PackageKind kind) {
  return kind == diff::PackageKind::conda ? "channel" : "source";
}

std::string short_channel(const std::string& channel) {
  if (channel.empty()) return "nowhere";
  return channel.starts_with(kAlias) ? channel.substr(kAlias.size()) : channel;
}

std::string display_name(const Change& change) {
  return change.item().name + (change.item().kind == diff::PackageKind::pypi ? " (pypi)" : "");
}

std::string versions_of(const Change& change) {
  if (!change.from || !change.to || change.from->version == change.to->version) return change.item().version;
  return change.from->version + " → " + change.to->version;
}

Sides sides_of(const ChangeGroup& group) {
  const Change& change = group.change();
  if (!change.from) return {"", change.to->version};
  if (!change.to) return {change.from->version, ""};
  if (change.from->version != change.to->version) return {change.from->version, change.to->version};
  switch (change.kind) {
    case ChangeKind::rebuilt:
      if (!group.same_builds) return {"", "other builds"};
      if (change.from->build == change.to->build) return files_of(change);
      return {change.from->build.empty() ? "a file" : change.from->build,
              change.to->build.empty() ? "a file" : change.to->build};
    case ChangeKind::repackaged:
      return {change.from->file_name.ends_with(".conda") ? ".conda" : ".tar.bz2",
              change.to->file_name.ends_with(".conda") ? ".conda" : ".tar.bz2"};
    case ChangeKind::rehashed:
      return {short_hash(*change.from), short_hash(*change.to)};
    default:
      return {};
  }
}

std::vector<std::string> details_of(const ChangeGroup& group) {
  const Change& change = group.change();
  std::vector<std::string> details;
  const std::string distance =
      change.distance == diff::Distance::other ? "" : std::string(diff::name_of(change.distance));
  switch (change.kind) {
    case ChangeKind::upgraded:
      details.push_back(distance.empty() ? "small" : distance);
      break;
    case ChangeKind::downgraded:
      details.emplace_back("downgrade");
      if (!distance.empty()) details.push_back(distance);
      break;
    case ChangeKind::rehashed:
      details.emplace_back("same file name, other hash");
      break;
    case ChangeKind::altered:
      details.emplace_back("same package, other files");
      break;
    case ChangeKind::moved:
    case ChangeKind::extras:
      break;
    default:
      details.emplace_back(diff::name_of(change.kind));
  }
  if (change.cpu_build && change.from && change.to) {
    details.push_back(std::string(flavour_word(change.flavour_from)) + " build → " +
                      std::string(flavour_word(change.flavour_to)) + " build");
  } else if (change.cpu_build) {
    details.emplace_back("CUDA or CPU");
  }
  if (change.channel_moved) {
    details.push_back(std::string(channel_word(change.item().kind)) + " " + short_channel(change.from->channel) +
                      " → " + short_channel(change.to->channel));
  }
  if (change.from && change.to && change.from->extras && change.to->extras &&
      *change.from->extras != *change.to->extras) {
    details.push_back("extras " + extras_of(*change.from) + " → " + extras_of(*change.to));
  }
  return details;
}

std::string platforms_of(const ChangeGroup& group) {
  if (group.everywhere) return "";
  std::vector<std::string> names;
  for (const ChangeGroup::OnPlatform& each : group.each) names.push_back(each.platform);
  return core::join(names, ", ");
}

std::string totals_of(const diff::Diff& diff) {
  const auto counts = count_kinds(diff);
  std::string text;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    const auto kind = static_cast<ChangeKind>(i);
    const bool is_extras = kind == ChangeKind::extras;
    text += (text.empty() ? "" : ", ") + format_count(counts[i]) + " " +
            (is_extras ? "with other extras" : std::string(diff::name_of(kind)));
  }
  return text;
}

}  // namespace envlock::report
