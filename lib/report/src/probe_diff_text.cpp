// Two runs side by side, or several in groups, as people read them.
#include <fmt/format.h>

#include <algorithm>

#include "envlock/probe/float_text.h"
#include "envlock/report/probe_report.h"
#include "envlock/report/units.h"
#include "paint.h"
#include "probe_plot.h"
#include "probe_words.h"
#include "table.h"

namespace envlock::report {
namespace {

using probe::RunDocument;

constexpr std::size_t kMostFacts = 12;

constexpr const char* kEqualMeans =
    "Equal digests: both executed the same arithmetic on this workload. That is strong evidence of the same numerical\n"
    "behaviour, and no guarantee for another model.\n";

std::string facts_text(const std::vector<std::string>& facts, const std::string& indent, const Style& style) {
  if (facts.empty()) return {};
  std::string text = indent + paint("facts that differ", Color::dim, style) + "\n";
  for (std::size_t i = 0; i < std::min(facts.size(), kMostFacts); ++i) text += indent + "  " + shown(facts[i]) + "\n";
  if (facts.size() > kMostFacts) {
    text += indent + "  and " + format_count(facts.size() - kMostFacts) + " more; --json lists all\n";
  }
  return text;
}

/// A line for each run: its name, what ran it, whether it is as specified, and its root.
std::string run_lines(const std::vector<std::string>& names, const std::vector<RunDocument>& documents,
                      const std::vector<std::size_t>& which, const std::string& indent) {
  using Align = Table::Align;
  Table table({Align::left, Align::left, Align::right, Align::left});
  for (const std::size_t i : which) {
    table.add({shown(names[i]), shown(machine_words(documents[i])),
               count_of(static_cast<std::size_t>(documents[i].steps()), "step"),
               std::string(format(documents[i].verdict))});
  }
  return table.draw(indent);
}

std::string legend(const std::string& indent, const Style& style) {
  return indent +
         paint("digests: the share that differs, · none, █ all; loss: · equal, else log2 of the distance in ulp",
               Color::dim, style) +
         "\n";
}

/// "5 steps compared: b.json has no more".
std::string compared_words(const std::vector<std::string>& names, const std::vector<RunDocument>& documents,
                           std::size_t left, std::size_t right, int steps) {
  std::string words = count_of(static_cast<std::size_t>(steps), "step") + " compared";
  if (documents[left].steps() != documents[right].steps()) {
    const std::size_t shorter = documents[left].steps() < documents[right].steps() ? left : right;
    words += ": " + shown(names[shorter]) + " has no more";
  }
  return words;
}

/// Whether two parts differ in the same steps, by as much.
bool same_course(const probe::PartComparison& left, const probe::PartComparison& right) {
  return std::equal(left.steps.begin(), left.steps.end(), right.steps.begin(), right.steps.end(),
                    [](const probe::StepAgreement& a, const probe::StepAgreement& b) {
                      return a.equal_ops == b.equal_ops && a.loss_ulp == b.loss_ulp;
                    });
}

std::string parts_text(const probe::RunComparison& comparison, const std::string& indent, const Style& style) {
  std::string text;
  const probe::PartComparison* drawn = nullptr;
  for (const probe::PartComparison& part : comparison.parts) {
    std::uint64_t equal = 0;
    std::uint64_t all = 0;
    for (const probe::StepAgreement& step : part.steps) {
      equal += step.equal_ops;
      all += step.ops;
    }
    const bool as_above = part.first && drawn != nullptr && same_course(*drawn, part);
    text += indent + fmt::format("{:<11}{} of {} are equal{}\n", shown(part.part), format_count(equal),
                                 count_of(all, "digest"), as_above ? ", step by step as above" : "");
    if (!part.first || as_above) continue;
    text += draw_agreement(part.steps, indent, style);
    drawn = &part;
  }
  return text + (drawn != nullptr ? legend(indent, style) : "");
}

/// The dumps that differ, but for the place where the runs part: the finding tells of that one.
std::string dumps_text(const probe::RunComparison& comparison, const std::string& indent) {
  std::string text;
  for (const probe::PartComparison& part : comparison.parts) {
    for (const probe::DumpComparison& dump : part.dumps) {
      if (part.first && part.first->place == dump.place) continue;
      const probe::ElementDifference& elements = dump.elements;
      text += indent + fmt::format("  {} `{}`: {} of {} elements differ, by {} ulp at most, first {}: {} and {}\n",
                                   step_words(dump.place.step), shown(dump.place.op), format_count(elements.differing),
                                   format_count(elements.compared), format_count(elements.max_ulp),
                                   index_words(elements.first_index), probe::hex_float(elements.want_bits),
                                   probe::hex_float(elements.have_bits));
    }
  }
  return text.empty() ? text : indent + "dumps that differ\n" + text;
}

/// Why a group stands apart from the first, in a line or two.
std::string apart_text(const std::vector<std::string>& names, const std::vector<RunDocument>& documents,
                       std::size_t base, std::size_t member, const probe::RunComparison& comparison,
                       const Style& style) {
  const std::string indent = "    ";
  if (!comparison.same_size) return indent + "computed something else: another size or other tensors\n";
  if (comparison.equal()) {
    return indent + "equal to group 1 in all that both hold; " +
           compared_words(names, documents, base, member, comparison.compared_steps) + "\n";
  }
  std::string text;
  const probe::PartComparison* drawn = nullptr;
  for (const probe::PartComparison& part : comparison.parts) {
    if (!part.first) continue;
    text += indent + "part `" + shown(part.part) + "` leaves group 1 at " + step_words(part.first->place.step) +
            " in `" + shown(part.first->place.op) + "`: " + format_count(part.first->differing_ops) + " of " +
            format_count(part.first->compared_ops) + " digests differ\n";
    if (drawn != nullptr && same_course(*drawn, part)) continue;
    text += draw_agreement(part.steps, indent, style);
    drawn = &part;
  }
  return text + facts_text(comparison.facts, indent, style);
}

std::string odd_words(const std::vector<std::string>& names, const std::vector<RunDocument>& documents,
                      const probe::RunGroups& groups) {
  const std::vector<std::size_t> odd = odd_runs(documents.size(), groups);
  std::vector<std::string> odd_names;
  for (const std::size_t i : odd) odd_names.push_back(shown(names[i]));
  if (std::all_of(groups.against_first.begin(), groups.against_first.end(),
                  [](const auto& each) { return each.equal(); })) {
    return "nothing differs in what all of them hold";
  }
  std::string words = odd.empty()       ? "no group holds more than half of the runs: none is the odd one out"
                      : odd.size() == 1 ? "the odd one out is " + odd_names.front()
                                        : "the odd ones out are " + list_words(odd_names);
  const auto as_specified = [&](const std::vector<std::size_t>& members) {
    const RunDocument& first = documents[members.front()];
    return first.golden_compared > 0 && !first.golden_mismatch;
  };
  // A majority can be wrong together; the page has the last word.
  for (std::size_t i = 1; i < groups.groups.size(); ++i) {
    if (as_specified(groups.groups.front()) || !as_specified(groups.groups[i])) continue;
    words += "\nbut group " + std::to_string(i + 1) + " is as specified, and group 1 is not";
    break;
  }
  return words;
}

}  // namespace

std::string text_probe_comparison(const std::vector<std::string>& names, const std::vector<RunDocument>& documents,
                                  const probe::RunComparison& comparison, const Style& style) {
  std::string text = paint(shown(documents.at(0).spec) + " " + shown(documents[0].size), Color::bold, style) + ", " +
                     compared_words(names, documents, 0, 1, comparison.compared_steps) + "\n";
  text += run_lines(names, documents, {0, 1}, "  ") + "\n" + parts_text(comparison, "  ", style);
  text += dumps_text(comparison, "  ");
  text += facts_text(comparison.facts, "  ", style) + "\n";
  if (const auto finding = probe_finding(names, documents, comparison)) {
    return text + report::text(*finding, Kind::error, style);
  }
  if (documents[0].root == documents.at(1).root) {
    return text + "equal: both have the root " + core::format(documents[0].root) + "\n" +
           paint(kEqualMeans, Color::dim, style);
  }
  return text + "equal in all that both hold\n" + paint(kEqualMeans, Color::dim, style);
}

std::string text_probe_groups(const std::vector<std::string>& names, const std::vector<RunDocument>& documents,
                              const probe::RunGroups& groups, const Style& style) {
  const std::string runs = count_of(documents.size(), "run");
  if (groups.groups.size() == 1) {
    return run_lines(names, documents, groups.groups.front(), "  ") + "\nequal: all " + runs + " have the root " +
           core::format(documents.front().root) + "\n" + paint(kEqualMeans, Color::dim, style);
  }
  std::string text = runs + " in " + count_of(groups.groups.size(), "group") + " of equal roots\n";
  bool drew = false;
  for (std::size_t i = 0; i < groups.groups.size(); ++i) {
    const std::vector<std::size_t>& members = groups.groups[i];
    text += "\n" + paint("  group " + std::to_string(i + 1), Color::bold, style) + "  " +
            core::format(documents[members.front()].root) + "\n" + run_lines(names, documents, members, "    ");
    if (i == 0) continue;
    const probe::RunComparison& comparison = groups.against_first[i - 1];
    text += apart_text(names, documents, groups.groups.front().front(), members.front(), comparison, style);
    drew = drew || (comparison.same_size && !comparison.equal());
  }
  if (drew) text += "\n" + legend("  ", style);
  return text + "\n" + odd_words(names, documents, groups) + "\n";
}

}  // namespace envlock::report
