// The page of one or more runs. It is one file: no script, nothing to load.
#include <fmt/format.h>

#include <algorithm>

#include "envlock/core/text.h"
#include "envlock/probe/float_text.h"
#include "envlock/probe/golden.h"
#include "envlock/report/probe_report.h"
#include "envlock/report/units.h"
#include "probe_html_facts.h"
#include "probe_html_style.h"
#include "probe_svg.h"
#include "probe_words.h"

namespace envlock::report {
namespace {

using probe::RunDocument;
using Differs = std::vector<std::vector<bool>>;

constexpr Style kPlain{.color = false, .width = 100};
constexpr std::size_t kMostMaps = 12;

/// Which digests of two runs of a part differ, over the steps that both have.
Differs differs(const std::vector<std::vector<core::Sha256>>& left,
                const std::vector<std::vector<core::Sha256>>& right) {
  Differs all;
  for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
    std::vector<bool>& row = all.emplace_back();
    for (std::size_t op = 0; op < std::min(left[i].size(), right[i].size()); ++op)
      row.push_back(left[i][op] != right[i][op]);
  }
  return all;
}

std::vector<std::vector<core::Sha256>> digests_of(const probe::PartRecord& part) {
  std::vector<std::vector<core::Sha256>> all;
  for (const probe::StepRecord& step : part.steps) all.push_back(step.ops);
  return all;
}

std::uint64_t count(const Differs& all) {
  std::uint64_t number = 0;
  for (const std::vector<bool>& row : all)
    number += static_cast<std::uint64_t>(std::count(row.begin(), row.end(), true));
  return number;
}

std::uint64_t size_of(const Differs& all) {
  std::uint64_t number = 0;
  for (const std::vector<bool>& row : all) number += row.size();
  return number;
}

std::vector<std::uint32_t> losses_of(const probe::PartRecord& part) {
  std::vector<std::uint32_t> losses;
  for (std::size_t i = 1; i < part.steps.size(); ++i) losses.push_back(part.steps[i].loss_bits);
  return losses;
}

std::vector<std::uint64_t> distances(const probe::PartRecord& left, const probe::PartRecord& right) {
  std::vector<std::uint64_t> ulp;
  for (std::size_t i = 1; i < std::min(left.steps.size(), right.steps.size()); ++i) {
    ulp.push_back(probe::ulp_distance(left.steps[i].loss_bits, right.steps[i].loss_bits));
  }
  return ulp;
}

const char* tone_of(const RunDocument& document) {
  if (document.verdict != probe::Verdict::as_specified) return "bad";
  return document.golden_compared > 0 ? "ok" : "warn";
}

std::string badge(const RunDocument& document) {
  return fmt::format("<span class=\"badge {}\">{}</span>", tone_of(document), format(document.verdict));
}

class Page {
 public:
  Page(const std::vector<std::string>& names, const std::vector<RunDocument>& documents)
      : names_(names), documents_(documents), groups_(probe::group(documents)) {}

  std::string write() {
    if (documents_.empty()) return head("no runs") + "<p>There are no runs.</p>\n</main>\n</body>\n</html>\n";
    const RunDocument& first = base();
    std::string page = head(first.spec + " " + first.size + ": " + summary());
    page += "<h1>" + html_text(summary()) + "</h1>\n";
    page += fmt::format("<p class=\"dim\">{}, size {}, {}</p>\n", html_text(first.spec), html_text(first.size),
                        count_of(static_cast<std::size_t>(first.steps()), "step"));
    for (std::size_t i = 0; i < groups_.groups.size(); ++i) page += group_card(i);
    page += losses() + loss_distances() + maps() + html_facts(names_, documents_);
    return page + footer();
  }

 private:
  const RunDocument& base() const { return documents_[groups_.groups.front().front()]; }
  const RunDocument& first_of(std::size_t group) const { return documents_[groups_.groups[group].front()]; }
  const std::string& first_name(std::size_t group) const { return names_[groups_.groups[group].front()]; }
  bool comparable(std::size_t group) const { return group == 0 || groups_.against_first[group - 1].same_size; }

  static std::string head(const std::string& title) {
    return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
           html_text(title) + "</title>\n<style>" + std::string(kProbeStyle) + "</style>\n</head>\n<body>\n<main>\n";
  }

  std::string summary() const {
    if (documents_.size() == 1) return std::string(verdict_title());
    if (groups_.groups.size() == 1) return "All " + count_of(documents_.size(), "run") + " are equal";
    const bool all_equal = std::all_of(groups_.against_first.begin(), groups_.against_first.end(),
                                       [](const auto& each) { return each.equal(); });
    if (all_equal) return count_of(documents_.size(), "run") + ": nothing differs in what all of them hold";
    if (documents_.size() == 2) return parting();
    std::string text = count_of(documents_.size(), "run") + " in " + count_of(groups_.groups.size(), "group");
    const std::vector<std::size_t> odd = odd_runs(documents_.size(), groups_);
    if (odd.size() == 1 && documents_.size() > 2) text += "; the odd one out is " + names_[odd.front()];
    return text;
  }

  /// Of two runs that differ.
  std::string parting() const {
    const probe::RunComparison& comparison = groups_.against_first.front();
    for (const probe::PartComparison& part : comparison.parts) {
      if (!part.first) continue;
      return "The runs part at " + step_words(part.first->place.step) + " in " + part.first->place.op;
    }
    return "The runs computed different things";
  }

  std::string_view verdict_title() const {
    switch (base().verdict) {
      case probe::Verdict::as_specified:
        return base().golden_compared > 0 ? "As specified" : "Nothing amiss, and nothing to hold it against";
      case probe::Verdict::fp_environment:
        return "The floating-point environment is not the default";
      case probe::Verdict::miscomputed:
        return "Miscomputed";
      case probe::Verdict::unstable:
        return "Unstable";
    }
    return {};
  }

  /// Its members, their verdicts, where it leaves the first group, and what is wrong with it.
  std::string group_card(std::size_t index) const {
    const std::vector<std::size_t>& members = groups_.groups[index];
    const RunDocument& first = first_of(index);
    std::string card = fmt::format("<section class=\"card {}\">\n", tone_of(first));
    if (groups_.groups.size() > 1) {
      card += fmt::format("<b><span class=\"key c{}\"></span>Group {}</b> <span class=\"dim\">{}</span><br>\n",
                          index % 8, index + 1, count_of(members.size(), "run"));
    }
    for (const std::size_t i : members) {
      card += html_text(names_[i]) + " " + badge(documents_[i]) + " <span class=\"dim\">" +
              html_text(machine_words(documents_[i])) + "</span><br>\n";
    }
    card += "<span class=\"root mono dim\">root " + core::format(first.root) + "</span>\n";
    if (index == 0) {
      std::string words = verdict_words(first);
      words.front() = static_cast<char>(words.front() - 'a' + 'A');
      card += "<p>" + html_text(words) + ".</p>\n";
    } else {
      card += apart(index);
    }
    // Members that fare alike are told of once.
    std::vector<probe::Verdict> told;
    for (const std::size_t i : members) {
      if (std::find(told.begin(), told.end(), documents_[i].verdict) != told.end()) continue;
      told.push_back(documents_[i].verdict);
      if (const auto finding = probe_finding(documents_[i])) card += drawn(*finding);
    }
    return card + "</section>\n";
  }

  std::string apart(std::size_t index) const {
    const probe::RunComparison& comparison = groups_.against_first[index - 1];
    if (!comparison.same_size)
      return "<p>It computed something else than group 1: another size or other tensors.</p>\n";
    if (comparison.equal()) {
      return fmt::format("<p>Equal to group 1 in all that both hold: {}.</p>\n",
                         count_of(static_cast<std::size_t>(comparison.compared_steps), "step"));
    }
    const auto finding = probe_finding({names_[groups_.groups.front().front()], first_name(index)},
                                       {base(), first_of(index)}, comparison);
    return finding ? drawn(*finding) : std::string();
  }

  static std::string drawn(const core::Diagnostic& finding) {
    return "<pre>" + html_lines(report::text(finding, Kind::error, kPlain)) + "</pre>\n";
  }

  /// Line ends are kept: each line by itself is text from outside.
  static std::string html_lines(const std::string& text) {
    std::string lines;
    for (const std::string_view line : core::split(text, '\n')) lines += html_text(line) + "\n";
    while (lines.ends_with("\n")) lines.pop_back();
    return lines;
  }

  std::string group_name(std::size_t index) const {
    const std::vector<std::size_t>& members = groups_.groups[index];
    std::string name = groups_.groups.size() > 1 ? "group " + std::to_string(index + 1) + ": " : "";
    name += names_[members.front()];
    return members.size() > 1 ? name + " and " + format_count(members.size() - 1) + " more" : name;
  }

  std::string legend(std::size_t from) const {
    if (groups_.groups.size() < 2) return {};
    std::string drawn = "<ul class=\"legend\">\n";
    for (std::size_t i = from; i < groups_.groups.size(); ++i) {
      if (comparable(i))
        drawn += fmt::format("<li><span class=\"key c{}\"></span>{}</li>\n", i % 8, html_text(group_name(i)));
    }
    return drawn + "</ul>\n";
  }

  std::string losses() const {
    std::vector<Curve> curves;
    for (std::size_t i = 0; i < groups_.groups.size(); ++i) {
      if (comparable(i)) curves.push_back({group_name(i), losses_of(first_of(i).parts.front()), static_cast<int>(i)});
    }
    if (curves.front().losses.empty()) return {};
    std::string section = "<h2>Loss</h2>\n";
    const std::vector<std::uint32_t>& first = curves.front().losses;
    section += fmt::format("<p class=\"dim\">{} <code>{}</code> at step 0, {} <code>{}</code> at step {}.</p>\n",
                           probe::decimal_float(first.front()), probe::hex_float(first.front()),
                           probe::decimal_float(first.back()), probe::hex_float(first.back()), first.size() - 1);
    return section + "<figure>\n" + legend(0) + svg_losses(curves) + "</figure>\n";
  }

  std::string loss_distances() const {
    std::vector<Distance> all;
    for (std::size_t i = 1; i < groups_.groups.size(); ++i) {
      if (!comparable(i) || groups_.against_first[i - 1].equal()) continue;
      all.push_back({group_name(i), distances(base().parts.front(), first_of(i).parts.front()), static_cast<int>(i)});
    }
    if (all.empty()) return {};
    std::string section = "<h2>Distance of the loss from group 1</h2>\n";
    const bool none = std::all_of(all.begin(), all.end(), [](const Distance& each) {
      return std::all_of(each.ulp.begin(), each.ulp.end(), [](std::uint64_t ulp) { return ulp == 0; });
    });
    if (none) {
      return section +
             "<p>The losses are equal in every step, bit for bit, although digests differ: a loss alone does not "
             "show this.</p>\n";
    }
    section += "<p class=\"dim\">In units in the last place, on a scale of powers of two.</p>\n";
    return section + "<figure>\n" + legend(1) + svg_distances(all) + "</figure>\n";
  }

  std::string maps() const {
    std::string section =
        "<h2>Agreement, step by step and op by op</h2>\n"
        "<p class=\"dim\">A column is a tensor, in the order in which a step computes them; a row is a step. Point at "
        "a cell to "
        "see its name.</p>\n"
        "<ul class=\"legend\"><li><span class=\"key same\"></span>equal</li><li><span class=\"key "
        "diff\"></span>differs</li>"
        "<li>ringed: the first that differs</li></ul>\n";
    std::size_t drawn = 0;
    section += golden_map();
    section += as_found_map();
    for (std::size_t i = 1; i < groups_.groups.size(); ++i) {
      if (!comparable(i) || groups_.against_first[i - 1].equal()) continue;
      if (++drawn > kMostMaps) continue;
      section += group_maps(i);
    }
    if (drawn > kMostMaps) section += "<p>" + format_count(drawn - kMostMaps) + " more groups are not drawn.</p>\n";
    return section;
  }

  std::string group_maps(std::size_t index) const {
    std::string drawn;
    Differs last;
    for (const probe::PartComparison& part : groups_.against_first[index - 1].parts) {
      Differs map =
          differs(digests_of(*find_part(base(), part.part)), digests_of(*find_part(first_of(index), part.part)));
      if (count(map) == 0) continue;
      if (map == last) {
        drawn += "<p class=\"dim\">Part " + html_text(part.part) + " differs in the same places.</p>\n";
        continue;
      }
      last = map;
      drawn += figure("Part " + part.part + " of " + group_name(index) + ", held against group 1", std::move(map));
    }
    return drawn;
  }

  std::string golden_map() const {
    const RunDocument& document = base();
    const auto size = std::find_if(probe::all_sizes().begin(), probe::all_sizes().end(),
                                   [&](const probe::Size& each) { return each.name == document.size; });
    const probe::PartRecord* reference = find_part(document, "reference");
    if (size == probe::all_sizes().end() || reference == nullptr) return {};
    const probe::Golden golden = probe::read_golden(probe::make_plan(*size));
    if (golden.steps.empty()) return {};
    return figure("Part reference of " + group_name(0) + ", held against what " + document.spec + " gives",
                  differs(golden.steps, digests_of(*reference)));
  }

  std::string as_found_map() const {
    const RunDocument& document = base();
    const probe::PartRecord* reference = find_part(document, "reference");
    const probe::PartRecord* as_found = find_part(document, "as-found");
    if (!document.as_found_difference || reference == nullptr || as_found == nullptr) return {};
    return figure("Part as-found of " + group_name(0) + ", held against its part reference",
                  differs(digests_of(*reference), digests_of(*as_found)));
  }

  std::string figure(const std::string& title, Differs map) const {
    const std::uint64_t wrong = count(map);
    const std::string words = wrong == 0 ? "all " + count_of(size_of(map), "digest") + " are equal"
                                         : format_count(wrong) + " of " + count_of(size_of(map), "digest") + " differ";
    const AgreementMap drawn{title + ": " + words, &base().initial_ops, &base().step_ops, std::move(map)};
    return "<figure>\n<figcaption>" + html_text(drawn.label) + "</figcaption>\n" + svg_agreement(drawn) + "</figure>\n";
  }

  static std::string footer() {
    return "<footer>\n<p>The probe compares bits, not quality. Equal digests: both executed the same arithmetic on "
           "this "
           "workload, which is strong evidence of the same numerical behaviour and no guarantee for another model. A "
           "run takes "
           "seconds; that no bit was wrong in them is no certificate of "
           "health.</p>\n</footer>\n</main>\n</body>\n</html>\n";
  }

  const std::vector<std::string>& names_;
  const std::vector<RunDocument>& documents_;
  probe::RunGroups groups_;
};

}  // namespace

std::string html_probe(const std::vector<std::string>& names, const std::vector<RunDocument>& documents) {
  return Page(names, documents).write();
}

}  // namespace envlock::report
