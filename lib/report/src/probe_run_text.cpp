// One run as people read it.
#include <fmt/format.h>

#include <algorithm>

#include "envlock/probe/float_text.h"
#include "envlock/report/probe_report.h"
#include "envlock/report/units.h"
#include "paint.h"
#include "probe_plot.h"
#include "probe_words.h"

namespace envlock::report {
namespace {

using probe::RunDocument;

constexpr int kPlotRows = 9;

/// A line of the summary: "  ok  canaries    6 of 6 hold in 2 threads".
std::string check_line(const char* answer, const char* name, const std::string& words, const Style& style) {
  const std::string_view text = answer;
  const Color color = text == "ok" ? Color::green : text == "no" ? Color::red : Color::dim;
  return "  " + paint(answer, color, style) + "  " + fmt::format("{:<11}", name) + words + "\n";
}

std::string canaries_line(const RunDocument& document, const Style& style) {
  if (document.canaries.empty()) return {};
  std::vector<std::string> failed;
  for (const probe::Canary& canary : document.canaries) {
    if (!canary.ok) failed.push_back("`" + shown(canary.name) + "`");
  }
  const std::string total = format_count(document.canaries.size());
  if (failed.empty()) return check_line("ok", "canaries", "all " + total + " hold", style);
  return check_line("no", "canaries", format_count(failed.size()) + " of " + total + " fail: " + list_words(failed),
                    style);
}

std::string difference_words(const probe::Mismatch& mismatch) {
  return fmt::format("{} of {} digests differ, first at {} in `{}`", format_count(mismatch.differing_ops),
                     format_count(mismatch.compared_ops), step_words(mismatch.place.step), shown(mismatch.place.op));
}

std::string golden_line(const RunDocument& document, const Style& style) {
  if (document.golden_mismatch)
    return check_line("no", "reference", difference_words(*document.golden_mismatch), style);
  if (document.golden_compared == 0) {
    return check_line("--", "reference", "no digests are listed for size `" + shown(document.size) + "`", style);
  }
  return check_line("ok", "reference", "all " + count_of(document.golden_compared, "digest") + " are as specified",
                    style);
}

std::string as_found_line(const RunDocument& document, const Style& style) {
  if (document.as_found_difference) {
    return check_line("no", "as-found", difference_words(*document.as_found_difference), style);
  }
  if (find_part(document, "as-found") == nullptr) return {};
  const bool settings = std::any_of(document.fp_settings.begin(), document.fp_settings.end(),
                                    [](const auto& thread) { return !thread.empty(); });
  return check_line(settings ? "no" : "ok", "as-found",
                    settings ? "equals reference, although the floating-point unit's settings are not the default"
                             : "equals reference, with the floating-point unit as this process has it",
                    style);
}

std::string repeat_line(const RunDocument& document, const Style& style) {
  const probe::Repeat& repeat = document.repeat;
  if (repeat.difference) return check_line("no", "repeat", difference_words(*repeat.difference), style);
  if (repeat.runs == 0) return check_line("--", "repeat", "not done", style);
  return check_line(
      "ok", "repeat",
      "equal in " + (repeat.runs == 1 ? std::string("a fresh process")
                                      : format_count(static_cast<std::uint64_t>(repeat.runs)) + " fresh processes"),
      style);
}

std::vector<std::uint32_t> losses_of(const probe::PartRecord& part) {
  std::vector<std::uint32_t> losses;
  for (std::size_t i = 1; i < part.steps.size(); ++i) losses.push_back(part.steps[i].loss_bits);
  return losses;
}

std::string loss_words(std::uint32_t bits) {
  return probe::decimal_float(bits) + " (" + probe::hex_float(bits) + ")";
}

std::string losses_text(const RunDocument& document, const Style& style) {
  const std::vector<std::uint32_t> losses = losses_of(document.parts.front());
  if (losses.empty()) return {};
  std::string text = "  loss " + loss_words(losses.front()) + " at step 0";
  if (losses.size() > 1) text += ", " + loss_words(losses.back()) + " at step " + std::to_string(losses.size() - 1);
  text += "\n";
  if (losses.size() > 1) text += draw_losses(losses, kPlotRows, "  ", style);
  return text;
}

std::string roots_text(const RunDocument& document, const Style& style) {
  std::string text;
  const auto line = [&](const std::string& name, const core::Sha256& root) {
    text += "  " + paint(fmt::format("{:<11}", name), Color::dim, style) + core::format(root) + "\n";
  };
  line("root", document.root);
  for (const probe::PartRecord& part : document.parts) line(shown(part.name), part.root);
  return text;
}

std::string time_words(const probe::Facts& facts) {
  if (facts.seconds <= 0) return {};
  std::string words = ", " + seconds_words(facts.seconds);
  return words;
}

}  // namespace

std::string text_probe_run(const RunDocument& document, const Style& style) {
  std::string text = paint(shown(document.spec) + " " + shown(document.size), Color::bold, style) + ", " +
                     count_of(static_cast<std::size_t>(document.steps()), "step") + " on " +
                     shown(machine_words(document)) + time_words(document.facts) + "\n\n";
  text += canaries_line(document, style) + golden_line(document, style) + as_found_line(document, style) +
          repeat_line(document, style) + "\n";
  text += losses_text(document, style) + "\n" + roots_text(document, style) + "\n";
  if (const auto finding = probe_finding(document)) return text + report::text(*finding, Kind::error, style);
  return text + paint(shown(verdict_words(document)), Color::bold, style) + "\n";
}

}  // namespace envlock::report
