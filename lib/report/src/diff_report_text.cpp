#include <algorithm>
#include <optional>
#include <utility>

#include "diff_report_parts.h"
#include "diff_report_probe.h"
#include "display_width.h"
#include "envlock/core/text.h"
#include "envlock/report/diff_report.h"
#include "envlock/report/units.h"
#include "paint.h"

namespace envlock::report {
namespace {

using diff::ChangeGroup;
using diff::ChangeKind;

constexpr std::size_t kFewRows = 20;
constexpr std::size_t kFewNames = 8;
constexpr int kLeastReason = 36;

struct Cell {
  std::string text;
  std::optional<Color> color;
};

/// Rows of painted cells, two spaces between; the last cell of a row is cut to what the width leaves.
class PaintedTable {
 public:
  void add(std::vector<Cell> cells) {
    for (Cell& cell : cells) cell.text = shown(cell.text);
    rows_.push_back(std::move(cells));
  }
  std::string draw(const std::string& indent, const Style& style) const {
    std::vector<int> widths;
    for (const std::vector<Cell>& row : rows_) {
      widths.resize(std::max(widths.size(), row.size()), 0);
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i].text));
    }
    std::string drawn;
    for (const std::vector<Cell>& row : rows_) drawn += draw_row(row, widths, indent, style);
    return drawn;
  }

 private:
  static std::string draw_row(const std::vector<Cell>& row, const std::vector<int>& widths, const std::string& indent,
                              const Style& style) {
    std::string line = indent;
    std::string gap;
    int column = static_cast<int>(indent.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (widths[i] == 0) continue;
      column += static_cast<int>(i == 0 ? 0 : 2);
      std::string text = row[i].text;
      if (i + 1 == row.size() && i > 0) {
        const int left = style.width - column;
        if (display_width(text) > left) text = left < kLeastReason ? "" : cut(text, left);
      }
      if (!text.empty()) {
        line += gap + (row[i].color ? paint(text, *row[i].color, style) : text);
        gap.clear();
      }
      gap.append(static_cast<std::size_t>(std::max(0, widths[i] - display_width(text)) + 2), ' ');
      column += widths[i];
    }
    return line + "\n";
  }
  static std::string cut(const std::string& text, int width) {
    std::string kept;
    std::string_view rest = text;
    int columns = 0;
    while (!rest.empty()) {
      const Glyph glyph = first_glyph(rest);
      if (columns + glyph.columns > width - 1) break;
      columns += glyph.columns;
      kept += glyph.shown;
      rest.remove_prefix(glyph.bytes);
    }
    return kept + "…";
  }

  std::vector<std::vector<Cell>> rows_;
};

struct Mark {
  const char* sign;
  std::optional<Color> color;
};

Mark mark_of(const diff::Change& change) {
  switch (change.kind) {
    case ChangeKind::added:
      return {"+", Color::green};
    case ChangeKind::removed:
      return {"-", Color::red};
    case ChangeKind::upgraded:
      return {"↑", Color::cyan};
    case ChangeKind::downgraded:
      return {"↓", Color::yellow};
    case ChangeKind::rehashed:
    case ChangeKind::altered:
      return {"!", Color::red};
    default:
      return {"~", std::nullopt};
  }
}

/// "1.26.3 → 1.26.4"; of one version its builds: "1.26.4  py310_0 → py312_0".
std::string middle_of(const ChangeGroup& group) {
  const diff::Change& change = group.change();
  const std::string versions = versions_of(change);
  if (!change.from || !change.to || change.from->version != change.to->version) return versions;
  const Sides sides = sides_of(group);
  if (sides.to.empty()) return versions;
  return versions + "  " + (sides.from.empty() ? sides.to : sides.from + " → " + sides.to);
}

bool is_grave(const diff::Change& change) {
  return change.cpu_build || change.channel_moved || change.distance == diff::Distance::major ||
         change.kind == ChangeKind::downgraded || change.kind == ChangeKind::rehashed ||
         change.kind == ChangeKind::altered;
}

/// Small is what a reader should see first.
int rank_of(const ChangeGroup& group) {
  const diff::Change& change = group.change();
  if (change.kind == ChangeKind::rehashed || change.kind == ChangeKind::altered) return 0;
  if (change.kind == ChangeKind::downgraded || change.cpu_build) return 1;
  if (is_grave(change)) return 2;
  return change.from && change.to ? 3 : 4;
}

void add_row(PaintedTable& table, const ChangeGroup& group) {
  const diff::Change& change = group.change();
  const Mark mark = mark_of(change);
  std::vector<std::string> details = details_of(group);
  if (const std::string platforms = platforms_of(group); !platforms.empty()) details.push_back("on " + platforms);
  table.add({{mark.sign, mark.color},
             {display_name(change), mark.color},
             {middle_of(group), std::nullopt},
             {core::join(details, ", "), is_grave(change) ? std::optional(Color::yellow) : std::nullopt},
             {change.reason, Color::dim}});
}

std::string title_of(const DiffSection& section, const diff::Diff& diff) {
  switch (section.kind) {
    case DiffSection::Kind::requests:
      return "asked for";
    case DiffSection::Kind::cause: {
      if (section.root_group != nullptr) {
        const diff::Change& change = section.root_group->change();
        const std::string gone_or_come = change.from && change.to ? "" : ", " + std::string(diff::name_of(change.kind));
        return "because of " + section.root + " " + versions_of(change) + gone_or_come;
      }
      for (const diff::FactChange& fact : diff.facts) {
        if (fact.what == section.root) {
          return "because of " + section.root + " " + (fact.from.empty() ? "absent" : fact.from) + " → " +
                 (fact.to.empty() ? "absent" : fact.to);
        }
      }
      return "because of " + section.root;
    }
    case DiffSection::Kind::rest:
      return diff.knows_depends ? "nothing else forces these" : "packages";
  }
  return "";
}

/// "38 rebuilt: a, b, c and 35 more".
std::string draw_names(const std::string& beginning, const std::vector<const ChangeGroup*>& groups, Rows rows,
                       const Style& style) {
  const std::size_t most = rows == Rows::all || groups.size() <= kFewNames + 1 ? groups.size() : kFewNames;
  std::vector<std::string> words;
  for (std::size_t i = 0; i < most; ++i) {
    const std::string platforms = platforms_of(*groups[i]);
    words.push_back(shown(display_name(groups[i]->change())) +
                    (platforms.empty() ? "" : " (" + shown(platforms) + ")") + (i + 1 < most ? "," : ""));
  }
  if (groups.size() > most) {
    words.push_back("and");
    words.push_back(format_count(groups.size() - most));
    words.emplace_back("more");
  }
  std::string line = "  ~ " + beginning + ":";
  std::string drawn;
  for (const std::string& word : words) {
    if (display_width(line) + 1 + display_width(word) > style.width) {
      drawn += line + "\n";
      line = "     ";
    }
    line += " " + word;
  }
  return drawn + line + "\n";
}

std::string draw_section(const DiffSection& section, const diff::Diff& diff, Rows rows, const Style& style) {
  std::string drawn = "\n" + paint(shown(title_of(section, diff)), Color::bold, style) + "\n";
  const bool is_short = rows == Rows::all || section.rows.size() <= kFewRows + 1;
  const std::size_t most = is_short || section.kind == DiffSection::Kind::requests ? section.rows.size() : kFewRows;
  std::vector<const ChangeGroup*> drawn_rows(section.rows.begin(), section.rows.end());
  // Of a long list without causes that nobody asked for, the names decide nothing: what matters most is shown.
  if (most < drawn_rows.size() && section.kind == DiffSection::Kind::rest) {
    std::stable_sort(drawn_rows.begin(), drawn_rows.end(),
                     [](const auto* left, const auto* right) { return rank_of(*left) < rank_of(*right); });
  }
  PaintedTable table;
  for (std::size_t i = 0; i < most; ++i) add_row(table, *drawn_rows[i]);
  drawn += table.draw("  ", style);
  if (most < section.rows.size()) {
    drawn += "  and " + format_count(section.rows.size() - most) + " more; --all shows them\n";
  }
  if (!section.rebuilt.empty()) {
    drawn += draw_names(format_count(section.rebuilt.size()) + " rebuilt", section.rebuilt, rows, style);
  }
  for (const DiffSection::Move& move : section.moves) {
    drawn += draw_names(count_of(move.packages.size(), "package") + " from " + std::string(channel_word(move.kind)) +
                            " " + shown(short_channel(move.from)) + " to " + shown(short_channel(move.to)),
                        move.packages, rows, style);
  }
  return drawn;
}

std::string draw_facts(const diff::Diff& diff, const Style& style) {
  std::string drawn;
  std::string group;
  PaintedTable table;
  const auto finish = [&] {
    if (!group.empty()) drawn += "\n" + paint(group, Color::bold, style) + "\n" + table.draw("  ", style);
    table = PaintedTable();
  };
  for (const diff::FactChange& fact : diff.facts) {
    if (fact.group != group) {
      finish();
      group = fact.group;
    }
    const auto value = [](const std::string& text) { return text.empty() ? std::string("nothing") : text; };
    table.add({{fact.what + (fact.platform.empty() ? "" : " on " + fact.platform), Color::cyan},
               {value(fact.from) + " → " + value(fact.to), std::nullopt},
               {fact.remark, Color::dim}});
  }
  finish();
  return drawn;
}

std::string draw_computed(const diff::Diff& diff, const Style& style) {
  if (diff.computed.empty()) return {};
  std::string drawn = "\n" + paint("what they compute", Color::bold, style) + "\n";
  for (const diff::TierDifference& difference : diff.computed) {
    drawn += "  " + paint("~ " + headline_of(difference), Color::yellow, style) + "\n";
    for (const std::string& line : lines_of(difference)) drawn += "      " + line + "\n";
  }
  if (const std::string equal = equal_tiers_words(diff); !equal.empty()) drawn += "  " + equal + "\n";
  return drawn;
}

std::string names_of(const std::vector<std::string>& names) {
  return shown(core::join(names, ", "));
}

std::string draw_platforms(const diff::Diff& diff) {
  std::vector<std::string> names;
  for (const diff::PlatformPair& pair : diff.platforms) {
    if (const std::string name = pair.name(); !name.empty()) names.push_back(name);
  }
  return names.empty() ? "" : names_of(names);
}

std::string draw_difference(const diff::Diff& diff, Rows rows, const Style& style) {
  std::string drawn = paint(shown(diff.from), Color::bold, style) + " → " + paint(shown(diff.to), Color::bold, style);
  const std::string platforms = draw_platforms(diff);
  const std::string equal =
      format_count(diff.unchanged) + (diff.unchanged == 1 ? " package is" : " packages are") + " equal";
  std::string totals = totals_of(diff);
  totals = totals.empty() ? (diff.platforms.empty() ? "" : equal) : totals + "; " + equal;
  drawn += "\n";
  if (!totals.empty()) drawn += (platforms.empty() ? "" : platforms + ": ") + totals + "\n";
  for (const std::string& remark : diff.remarks) drawn += shown(remark) + "\n";
  if (!diff.only_from.empty()) drawn += "only in the first: " + names_of(diff.only_from) + "\n";
  if (!diff.only_to.empty()) drawn += "only in the second: " + names_of(diff.only_to) + "\n";
  for (const DiffSection& section : sections_of(diff)) drawn += draw_section(section, diff, rows, style);
  return drawn + draw_computed(diff, style) + draw_facts(diff, style);
}

std::string draw_equal(const DiffReport& report, const Style& style) {
  std::string drawn;
  for (std::size_t i = 0; i < report.labels.size(); ++i) {
    drawn += (i == 0                          ? ""
              : i + 1 == report.labels.size() ? " and "
                                              : ", ") +
             paint(shown(report.labels[i]), Color::bold, style);
  }
  drawn += " are equal";
  if (report.differences.size() == 1) {
    const diff::Diff& diff = report.differences.front();
    if (!diff.platforms.empty()) drawn += ": " + count_of(diff.unchanged, "package");
    if (const std::string platforms = draw_platforms(diff); !platforms.empty()) drawn += " on " + platforms;
    drawn += "\n";
    if (const std::string equal = equal_tiers_words(diff); !equal.empty()) drawn += equal + "\n";
    for (const std::string& remark : diff.remarks) drawn += shown(remark) + "\n";
    return drawn;
  }
  return drawn + "\n";
}

std::string draw_groups(const DiffReport& report, const Style& style) {
  std::string drawn = count_of(report.labels.size(), "document") + " in " + count_of(report.groups.size(), "group") +
                      " of equal ones\n";
  for (std::size_t i = 0; i < report.groups.size(); ++i) {
    std::vector<std::string> names;
    for (const std::size_t member : report.groups[i]) names.push_back(shown(report.labels[member]));
    drawn += "  " + paint(std::to_string(i + 1), Color::bold, style) + "  " + core::join(names, ", ") + "\n";
  }
  return drawn;
}

}  // namespace

std::string text_diff(const DiffReport& report, const Style& style, Rows rows) {
  if (report.equal()) return draw_equal(report, style);
  if (report.labels.size() == 2) return draw_difference(report.differences.front(), rows, style);
  std::string drawn = draw_groups(report, style);
  for (const diff::Diff& diff : report.differences) drawn += "\n" + draw_difference(diff, rows, style);
  return drawn;
}

}  // namespace envlock::report
