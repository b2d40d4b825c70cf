// What two snapshots compute, where it is not the same.
#include "diff_report_probe.h"

#include "envlock/blas/sum_order.h"
#include "envlock/core/text.h"
#include "envlock/report/units.h"
#include "json_parts.h"
#include "probe_words.h"
#include "tier_words.h"

namespace envlock::report {
namespace {

using diff::TierDifference;

std::string name_of(const TierDifference& difference) {
  if (difference.tier == "reference") return "the reference run";
  return subject_words(difference.tier, difference.subject);
}

std::string place_words(const probe::Place& place) {
  const std::string pass = pass_words(place.op);
  std::string words = place.part == "training" || place.part == "reference" || place.step >= 0
                          ? step_words(place.step)
                          : "section `" + core::printable(place.part) + "`";
  return words + ", `" + core::printable(place.op) + "`" + (pass.empty() ? "" : " (" + pass + ")");
}

std::string orders_words(const std::vector<probe::SumOrder>& orders) {
  std::vector<std::string> words;
  for (const probe::SumOrder& order : orders) words.push_back(blas::describe(order));
  return core::join(words, "; at the edges: ");
}

void write_place_of(core::JsonWriter& json, std::string_view key, const std::optional<probe::Mismatch>& mismatch) {
  if (!mismatch) return;
  json.key(key);
  json.begin_object(core::JsonWriter::Layout::single_line);
  json.member("section", mismatch->place.part);
  json.member("step", mismatch->place.step);
  json.member("op", mismatch->place.op);
  json.member("differing_digests", mismatch->differing_ops);
  json.end_object();
}

}  // namespace

std::string headline_of(const TierDifference& difference) {
  const std::string name = name_of(difference);
  if (difference.from.empty()) return "only the second has " + name;
  if (difference.to.empty()) return "only the first has " + name;
  if (difference.from != difference.to) {
    return name + ": " + core::printable(difference.from) + " → " + core::printable(difference.to);
  }
  if (!difference.first) return name + " computes something else";
  return name + " parts at " + place_words(difference.training ? difference.training->place : difference.first->place);
}

std::vector<std::string> lines_of(const TierDifference& difference) {
  std::vector<std::string> lines;
  if (difference.first && difference.first->compared_ops > 0) {
    std::string words = format_count(difference.first->differing_ops) + " of " +
                        format_count(difference.first->compared_ops) + " digests differ";
    if (!difference.sections.empty()) words += ", in the sections " + list_words(difference.sections);
    lines.push_back(words);
  }
  const std::string from = orders_words(difference.from_orders);
  const std::string to = orders_words(difference.to_orders);
  if (from != to) {
    lines.push_back("order of sums, first:  " + (from.empty() ? "not read" : from));
    lines.push_back("order of sums, second: " + (to.empty() ? "not read" : to));
  }
  for (const std::string& cause : difference.causes) {
    lines.push_back("differs too: " + core::printable(cause));
  }
  if (difference.causes.empty() && !difference.from.empty() && !difference.to.empty()) {
    lines.emplace_back("nothing that the snapshots tell differs: look at what they do not hold, or at the hardware");
  }
  return lines;
}

std::string equal_tiers_words(const diff::Diff& diff) {
  if (diff.equal_tiers == 0) return {};
  return count_of(diff.equal_tiers, diff.computed.empty() ? "part" : "other part") + " of the probe" +
         (diff.equal_tiers == 1 ? " computes" : " compute") + " the same";
}

void write_computed(core::JsonWriter& json, const diff::Diff& diff) {
  json.member("equal_tiers", static_cast<std::uint64_t>(diff.equal_tiers));
  json.key("computed");
  json.begin_array();
  for (const TierDifference& difference : diff.computed) {
    json.begin_object();
    json.member("tier", difference.tier);
    json.member("subject", difference.subject);
    json.member("from", difference.from);
    json.member("to", difference.to);
    json.member("sections", difference.sections);
    write_place_of(json, "first", difference.first);
    write_place_of(json, "training", difference.training);
    json.member("from_orders", orders_words(difference.from_orders));
    json.member("to_orders", orders_words(difference.to_orders));
    json.member("causes", difference.causes);
    json.end_object();
  }
  json.end_array();
}

}  // namespace envlock::report
