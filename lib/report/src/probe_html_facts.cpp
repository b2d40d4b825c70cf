#include "probe_html_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "envlock/core/text.h"
#include "envlock/report/units.h"
#include "probe_svg.h"
#include "probe_words.h"

namespace envlock::report {
namespace {

using probe::RunDocument;

/// A fact's name, and its value in each document.
using Row = std::pair<std::string, std::vector<std::string>>;

/// A row for each name that any of the documents has in a list of facts.
void add_named(std::vector<Row>& rows, const std::vector<RunDocument>& documents, const std::string& mark,
               std::vector<std::pair<std::string, std::string>> probe::Facts::*list) {
  std::map<std::string, std::vector<std::string>> named;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    for (const auto& [name, value] : documents[i].facts.*list) {
      std::vector<std::string>& values = named[name];
      values.resize(documents.size());
      values[i] = value;
    }
  }
  for (auto& [name, values] : named) rows.emplace_back(mark + name, std::move(values));
}

std::string table(const std::vector<std::string>& names, const std::vector<Row>& rows) {
  std::string drawn = "<div class=\"scroll\">\n<table>\n";
  if (names.size() > 1) {
    drawn += "<thead><tr><th></th>";
    for (const std::string& name : names) drawn += "<th>" + html_text(name) + "</th>";
    drawn += "</tr></thead>\n";
  }
  drawn += "<tbody>\n";
  for (const auto& [name, values] : rows) {
    if (std::all_of(values.begin(), values.end(), [](const std::string& value) { return value.empty(); })) continue;
    const bool same = std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end();
    drawn +=
        fmt::format("<tr{}><th>{}</th>", same || name == "time" || name == "of it hashing" ? "" : " class=\"differs\"",
                    html_text(name));
    for (const std::string& value : values) drawn += "<td>" + (value.empty() ? "–" : html_text(value)) + "</td>";
    drawn += "</tr>\n";
  }
  return drawn + "</tbody>\n</table>\n</div>\n";
}

}  // namespace

std::string html_facts(const std::vector<std::string>& names, const std::vector<RunDocument>& documents) {
  std::vector<Row> rows;
  const auto row = [&](const std::string& name, auto&& value) {
    Row each{name, {}};
    for (const RunDocument& document : documents) each.second.push_back(value(document));
    rows.push_back(std::move(each));
  };
  row("verdict", [](const RunDocument& d) { return std::string(format(d.verdict)); });
  row("size", [](const RunDocument& d) { return d.size; });
  row("steps", [](const RunDocument& d) { return std::to_string(d.steps()); });
  row("golden digests", [](const RunDocument& d) {
    if (d.golden_compared == 0) return std::string("none listed");
    const std::uint64_t wrong = d.golden_mismatch ? d.golden_mismatch->differing_ops : 0;
    return format_count(d.golden_compared - wrong) + " of " + format_count(d.golden_compared) + " equal";
  });
  row("repeats", [](const RunDocument& d) {
    return std::to_string(d.repeat.runs) + (d.repeat.difference ? ", one differs" : d.repeat.runs > 0 ? ", equal" : "");
  });
  row("canaries", [](const RunDocument& d) {
    const auto failed = std::count_if(d.canaries.begin(), d.canaries.end(), [](const auto& each) { return !each.ok; });
    return failed == 0 ? std::string("all hold")
                       : std::to_string(failed) + " of " + std::to_string(d.canaries.size()) + " fail";
  });
  row("floating-point unit", [](const RunDocument& d) {
    std::vector<std::string> settings;
    for (const auto& thread : d.fp_settings) {
      for (const std::string& each : thread) {
        if (std::find(settings.begin(), settings.end(), each) == settings.end()) settings.push_back(each);
      }
    }
    return settings.empty() ? std::string("default") : core::join(settings, ", ");
  });
  row("device", [](const RunDocument& d) { return d.facts.device; });
  row("name", [](const RunDocument& d) { return d.facts.device_name; });
  add_named(rows, documents, "", &probe::Facts::details);
  row("threads", [](const RunDocument& d) { return std::to_string(d.facts.threads); });
  row("time", [](const RunDocument& d) { return d.facts.seconds > 0 ? seconds_words(d.facts.seconds) : ""; });
  row("envlock", [](const RunDocument& d) { return d.facts.envlock_version; });
  add_named(rows, documents, "$", &probe::Facts::environment);
  return "<h2>Facts</h2>\n<p class=\"dim\">None of them enters a digest.</p>\n" + table(names, rows);
}

}  // namespace envlock::report
