#include <algorithm>
#include <utility>

#include "diff_report_parts.h"
#include "diff_report_probe.h"
#include "envlock/core/text.h"
#include "envlock/report/diff_report.h"
#include "envlock/report/units.h"
#include "markdown.h"

namespace envlock::report {
namespace {

using Align = MarkdownTable::Align;
using diff::ChangeGroup;
using diff::ChangeKind;

/// GitHub refuses a comment of more than 65,536 characters; some are left for what stands around ours.
constexpr std::size_t kMostBytes = 60000;
/// Up to so many changes, nothing is folded away.
constexpr std::size_t kFewChanges = 12;
constexpr std::size_t kMostRequests = 40;
constexpr std::size_t kMostCauses = 12;

std::string joined(const std::vector<std::string>& parts) {
  return core::join(parts, ", ");
}

std::string code_list(const std::vector<std::string>& texts) {
  std::vector<std::string> codes;
  for (const std::string& text : texts) codes.push_back(markdown_code(text));
  return joined(codes);
}

std::string name_cell(const ChangeGroup& group) {
  const diff::Change& change = group.change();
  return markdown_code(change.item().name) + (change.item().kind == diff::PackageKind::pypi ? " (pypi)" : "");
}

std::string what_cell(const ChangeGroup& group) {
  const diff::Change& change = group.change();
  const bool is_grave = change.distance == diff::Distance::major || change.kind == ChangeKind::downgraded ||
                        change.kind == ChangeKind::rehashed || change.kind == ChangeKind::altered || change.cpu_build ||
                        change.channel_moved;
  std::vector<std::string> cells;
  for (const std::string& detail : details_of(group)) {
    const std::string word(channel_word(change.item().kind));
    const bool is_channel = change.channel_moved && detail.starts_with(word + " ");
    cells.push_back(is_channel ? word + " " + markdown_code(short_channel(change.from->channel)) + " → " +
                                     markdown_code(short_channel(change.to->channel))
                               : markdown_words(detail));
  }
  if (cells.empty()) return "";
  if (is_grave) cells.front() = "**" + cells.front() + "**";
  std::vector<std::string> platforms;
  if (!group.everywhere) {
    for (const ChangeGroup::OnPlatform& each : group.each) platforms.push_back(each.platform);
    cells.push_back("on " + code_list(platforms));
  }
  return joined(cells);
}

MarkdownTable change_table(const std::string& title, bool with_reasons) {
  std::vector<MarkdownTable::Column> columns{{title}, {"from"}, {"to"}, {""}};
  if (with_reasons) columns.push_back({"why"});
  return MarkdownTable(std::move(columns));
}

std::vector<std::string> cells_of(const ChangeGroup& group, bool with_reasons) {
  Sides sides = sides_of(group);
  const diff::Change& change = group.change();
  // Of one version: the version stands on the left, what differs of it on both sides.
  const bool is_one_version = change.from && change.to && change.from->version == change.to->version;
  if (is_one_version) sides.from = change.from->version + (sides.from.empty() ? "" : " " + sides.from);
  std::vector<std::string> cells{name_cell(group), markdown_code(sides.from), markdown_code(sides.to),
                                 what_cell(group)};
  if (with_reasons) cells.push_back(markdown_words(change.reason));
  return cells;
}

bool has_reasons(const std::vector<const ChangeGroup*>& groups) {
  return std::any_of(groups.begin(), groups.end(),
                     [](const ChangeGroup* group) { return !group->change().reason.empty(); });
}

std::vector<const ChangeGroup*> all_of(const DiffSection& section) {
  std::vector<const ChangeGroup*> all = section.rows;
  all.insert(all.end(), section.rebuilt.begin(), section.rebuilt.end());
  for (const DiffSection::Move& move : section.moves) {
    all.insert(all.end(), move.packages.begin(), move.packages.end());
  }
  return all;
}

/// A table of these, as many rows as the room allows.
std::string draw_rows(const std::string& title, const std::vector<const ChangeGroup*>& groups, std::size_t room) {
  const bool with_reasons = has_reasons(groups);
  MarkdownTable table = change_table(title, with_reasons);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (!table.add(cells_of(*groups[i], with_reasons), room)) {
      return table.draw() + "\nand " + format_count(groups.size() - i) + " more\n";
    }
  }
  return table.draw();
}

std::string title_of(const DiffSection& section, const diff::Diff& diff) {
  if (section.kind == DiffSection::Kind::requests) return "asked for";
  if (section.kind == DiffSection::Kind::rest) return diff.knows_depends ? "nothing else forces these" : "package";
  std::string title = "because of " + markdown_code(section.root);
  if (section.root_group != nullptr) {
    const diff::Change& change = section.root_group->change();
    if (change.from && change.to && change.from->version != change.to->version) {
      title += " " + markdown_code(change.from->version) + " → " + markdown_code(change.to->version);
    } else {
      title += " (" + std::string(diff::name_of(change.kind)) + ")";
    }
    return title;
  }
  for (const diff::FactChange& fact : diff.facts) {
    if (fact.what == section.root && !fact.from.empty() && !fact.to.empty()) {
      return title + " " + markdown_code(fact.from) + " → " + markdown_code(fact.to);
    }
  }
  return title;
}

/// "added 3 · upgraded 2 (1 major) · rebuilt 38".
std::string counts_of(const std::vector<const ChangeGroup*>& groups) {
  std::string text;
  for (std::size_t i = 0; i < diff::kChangeKinds; ++i) {
    const auto kind = static_cast<ChangeKind>(i);
    const auto is_kind = [&](const ChangeGroup* group) { return group->change().kind == kind; };
    const auto count = static_cast<std::size_t>(std::count_if(groups.begin(), groups.end(), is_kind));
    if (count == 0) continue;
    const auto major =
        static_cast<std::size_t>(std::count_if(groups.begin(), groups.end(), [&](const ChangeGroup* group) {
          return is_kind(group) && group->change().distance == diff::Distance::major;
        }));
    text += (text.empty() ? "" : ", ") + format_count(count) + " " + std::string(diff::name_of(kind));
    if (major > 0) text += " (" + format_count(major) + " major)";
  }
  return text;
}

/// The few names that stand for a cause's changes: those with another version first.
std::string examples_of(const std::vector<const ChangeGroup*>& groups, const std::string& root) {
  constexpr std::size_t kMost = 4;
  std::vector<std::string> names;
  for (const ChangeGroup* group : groups) {
    const std::string& name = group->change().item().name;
    const std::string code = markdown_code(name);
    if (name == root || std::find(names.begin(), names.end(), code) != names.end()) continue;
    if (names.size() == kMost) return joined(names) + ", …";
    names.push_back(code);
  }
  return joined(names);
}

std::string draw_causes(const std::vector<DiffSection>& sections, const diff::Diff& diff) {
  MarkdownTable table({{"cause"}, {"changes", Align::right}, {"what"}, {"such as"}});
  std::size_t shown_causes = 0;
  std::size_t left_out = 0;
  for (const DiffSection& section : sections) {
    if (section.kind == DiffSection::Kind::requests) continue;
    const std::vector<const ChangeGroup*> all = all_of(section);
    if (++shown_causes > kMostCauses) {
      left_out += all.size();
      continue;
    }
    table.add({title_of(section, diff), format_count(all.size()), counts_of(all), examples_of(all, section.root)});
  }
  return table.draw() + (left_out == 0 ? "" : "\nand " + count_of(left_out, "change") + " for other causes\n");
}

/// Texts of the files stand in code spans, as everywhere.
std::string draw_computed(const diff::Diff& diff) {
  std::string drawn = "**What they compute**\n\n";
  for (const diff::TierDifference& difference : diff.computed) {
    drawn += "- " + markdown_code(headline_of(difference)) + "\n";
    for (const std::string& line : lines_of(difference)) drawn += "  - " + markdown_code(line) + "\n";
  }
  return drawn;
}

std::string draw_facts(const diff::Diff& diff) {
  MarkdownTable table({{"machine and settings"}, {"from"}, {"to"}, {""}});
  for (const diff::FactChange& fact : diff.facts) {
    table.add({fact.group + ": " + markdown_code(fact.what) +
                   (fact.platform.empty() ? "" : " on " + markdown_code(fact.platform)),
               markdown_code(fact.from), markdown_code(fact.to), markdown_words(fact.remark)});
  }
  return table.draw();
}

std::string heading_of(const diff::Diff& diff) {
  const auto is_requested = [](const ChangeGroup& group) { return group.change().requested; };
  const auto requested =
      static_cast<std::size_t>(std::count_if(diff.changes.begin(), diff.changes.end(), is_requested));
  std::string counts;
  const auto add = [&](std::size_t count, const std::string& text) {
    if (count > 0) counts += (counts.empty() ? "" : ", ") + text;
  };
  const std::size_t others = diff.changes.size() - requested;
  add(requested, count_of(requested, "direct change"));
  add(others, requested > 0 ? format_count(others) + " more" : count_of(others, "change"));
  add(diff.facts.size(), count_of(diff.facts.size(), "fact") + " of machine or settings");
  return "### " + markdown_code(diff.from) + " → " + markdown_code(diff.to) + (counts.empty() ? "" : ": " + counts) +
         "\n";
}

std::string draw_summary(const diff::Diff& diff) {
  std::vector<std::string> platforms;
  for (const diff::PlatformPair& pair : diff.platforms) platforms.push_back(pair.name());
  std::string drawn = "\n" + code_list(platforms) + ": ";
  if (platforms.empty()) drawn = "\n";
  const std::string totals = totals_of(diff);
  if (!diff.platforms.empty()) {
    drawn += (totals.empty() ? "" : totals + "; ") + format_count(diff.unchanged) + " unchanged.\n";
  }
  for (const std::string& remark : diff.remarks) drawn += "\n" + markdown_words(remark) + ".\n";
  if (!diff.only_from.empty()) drawn += "\nOnly in the first: " + code_list(diff.only_from) + ".\n";
  if (!diff.only_to.empty()) drawn += "\nOnly in the second: " + code_list(diff.only_to) + ".\n";
  return drawn;
}

std::string draw_forbidden(const DiffReport& report) {
  std::string drawn;
  for (const core::Diagnostic& diagnostic : report.forbidden) {
    std::string what = diagnostic.what;
    drawn += "\n> **Forbidden**: " + markdown_words(what) + "\n";
    for (const std::string& why : diagnostic.why) drawn += "> - " + markdown_words(why) + "\n";
  }
  return drawn;
}

std::string draw_difference(const diff::Diff& diff, std::size_t room) {
  const std::vector<DiffSection> sections = sections_of(diff);
  std::string drawn = draw_summary(diff);
  std::vector<const ChangeGroup*> requests;
  std::size_t others = 0;
  for (const DiffSection& section : sections) {
    const std::vector<const ChangeGroup*> all = all_of(section);
    if (section.kind == DiffSection::Kind::requests) {
      requests.insert(requests.end(), all.begin(), all.end());
    } else {
      others += all.size();
    }
  }
  std::vector<const ChangeGroup*> first(
      requests.begin(), requests.begin() + static_cast<std::ptrdiff_t>(std::min(requests.size(), kMostRequests)));
  if (!first.empty()) drawn += "\n" + draw_rows("asked for", first, room / 2);
  const bool is_long = others > kFewChanges || requests.size() > first.size();
  if (others > 0 && is_long) drawn += "\n" + draw_causes(sections, diff);
  if (!diff.computed.empty()) drawn += "\n" + draw_computed(diff);
  if (!diff.facts.empty()) {
    const std::string facts = draw_facts(diff);
    drawn += "\n" + (facts.size() < room / 4 ? facts : count_of(diff.facts.size(), "fact") + " differ\n");
  }
  std::string tail;
  const std::size_t left = room > drawn.size() + 500 ? room - drawn.size() - 500 : 0;
  for (const DiffSection& section : sections) {
    std::vector<const ChangeGroup*> all = all_of(section);
    if (section.kind == DiffSection::Kind::requests) {
      all = {requests.begin() + static_cast<std::ptrdiff_t>(first.size()), requests.end()};
    }
    if (all.empty()) continue;
    if (tail.size() + 400 > left) {
      tail += "\nThe rest is too long for a comment; `envlock diff --all` shows it.\n";
      break;
    }
    tail += "\n" + draw_rows(title_of(section, diff), all, left - tail.size());
  }
  if (tail.empty()) return drawn;
  if (!is_long) return drawn + tail;
  return drawn + "\n<details><summary>all " + count_of(others + requests.size() - first.size(), "change") +
         "</summary>\n" + tail + "\n</details>\n";
}

std::string draw_groups(const DiffReport& report) {
  std::string drawn = "### " + count_of(report.labels.size(), "document") + " in " +
                      count_of(report.groups.size(), "group") + " of equal ones\n\n";
  for (std::size_t i = 0; i < report.groups.size(); ++i) {
    std::vector<std::string> names;
    for (const std::size_t member : report.groups[i]) names.push_back(report.labels[member]);
    drawn += std::to_string(i + 1) + ". " + code_list(names) + "\n";
  }
  return drawn;
}

}  // namespace

std::string markdown_diff(const DiffReport& report) {
  if (report.equal()) {
    std::string drawn = "### No differences\n\n" + code_list(report.labels) + " are equal";
    if (report.differences.size() == 1 && !report.differences.front().platforms.empty()) {
      drawn += ": " + count_of(report.differences.front().unchanged, "package");
    }
    return drawn + ".\n";
  }
  const std::size_t room = kMostBytes / std::max<std::size_t>(1, report.differences.size());
  std::string drawn = report.labels.size() > 2 ? draw_groups(report) + draw_forbidden(report) : "";
  for (const diff::Diff& diff : report.differences) {
    if (report.labels.size() == 2) {
      drawn += heading_of(diff) + draw_forbidden(report);
    } else {
      drawn += "\n" + heading_of(diff);
    }
    drawn += draw_difference(diff, room > 2000 ? room - 1000 : room);
  }
  return drawn;
}

}  // namespace envlock::report
