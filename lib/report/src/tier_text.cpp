// A tier's run as people read it.
#include <fmt/format.h>

#include <algorithm>

#include "envlock/blas/sum_order.h"
#include "envlock/core/text.h"
#include "envlock/probe/float_text.h"
#include "envlock/report/tier_report.h"
#include "envlock/report/units.h"
#include "paint.h"
#include "probe_words.h"

namespace envlock::report {
namespace {

using probe::TierRun;
using probe::TierVerdict;

constexpr const char* kIndent = "                  ";

std::string detail(const TierRun& run, std::string_view name) {
  for (const auto& [key, value] : run.details) {
    if (key == name) return value;
  }
  return {};
}

/// "libopenblasp-r0.3.21.so, kernel SkylakeX".
std::string library_words(const TierRun& run) {
  const std::string library = detail(run, "library");
  std::string words = library.substr(library.rfind('/') + 1);
  if (const std::string version = detail(run, "version"); !version.empty()) words += " " + version;
  if (const std::string kernel = detail(run, "kernel"); !kernel.empty()) words += ", kernel " + kernel;
  return shown(words);
}

std::uint64_t digests_of(const TierRun& run) {
  std::uint64_t count = 0;
  for (const probe::Section& section : run.sections) {
    for (const probe::StepRecord& step : section.record.steps) count += step.ops.size();
  }
  return count;
}

std::string verdict_words(const TierRun& run) {
  switch (judge(run)) {
    case TierVerdict::consistent:
      return format_count(digests_of(run)) + " digests" +
             (run.repeats > 0 ? ", equal in a fresh process" : ", not repeated") + ", none impossible";
    case TierVerdict::fp_environment:
      return "changes how the processor computes";
    case TierVerdict::wrong:
      return count_of(run.wrong.size(), "result") + " that no order of summation gives";
    case TierVerdict::unstable:
      return "differs from run to run";
    case TierVerdict::failed:
      break;
  }
  return std::string(format(run.outcome)) + (run.stage.empty() ? "" : " in `" + shown(run.stage) + "`");
}

std::string variation_words(const probe::Variation& variation) {
  const std::string what = "`" + shown(variation.place.op) + "` gives " +
                           format_count(static_cast<std::uint64_t>(variation.distinct)) + " results ";
  const std::string tried = format_count(static_cast<std::uint64_t>(variation.tried));
  if (variation.place.part == "rows") return what + "for one matrix, taken whole, by rows, and by seven rows";
  return what + "for one input at " + tried + " addresses";
}

/// "want 0x1.8p+3 (12)  the exact sum".
std::string side(const char* name, std::uint32_t bits, const std::string& words) {
  return fmt::format("{} {:<15} {:<16} {}", name, probe::hex_float(bits), probe::decimal_float(bits), words);
}

void add_wrong(const TierRun& run, core::Diagnostic& diagnostic) {
  const probe::WrongResult& first = run.wrong.front();
  const std::string where =
      first.place.part == "training"
          ? "`" + first.place.op + "` of step " + std::to_string(first.place.step) + " of the training run"
          : "`" + first.place.op + "` of section `" + first.place.part + "`";
  diagnostic.why.push_back(fmt::format("{}, element {}: {} of {} elements are wrong", where, index_words(first.index),
                                       format_count(first.wrong), format_count(first.total)));
  diagnostic.why.push_back(side("want", first.want_bits, first.exact ? "the exact sum" : "the reference's"));
  diagnostic.why.push_back(
      side("have", first.have_bits, first.exact ? "the library's" : "farther than 2 gamma |a||b|"));
  if (run.wrong.size() > 1) {
    diagnostic.why.push_back("and " + format_count(run.wrong.size() - 1) + " more products");
  }
}

void add_settings(const TierRun& run, const std::vector<std::string>& culprits, core::Diagnostic& diagnostic) {
  std::vector<std::string> settings;
  for (const std::vector<std::string>& thread : run.fp_settings) {
    for (const std::string& setting : thread) {
      if (std::find(settings.begin(), settings.end(), setting) == settings.end()) settings.push_back(setting);
    }
  }
  if (!settings.empty()) diagnostic.why.push_back("afterwards: " + core::join(settings, ", "));
  std::vector<std::string> failed;
  for (const probe::Canary& canary : run.canaries_after) {
    if (!canary.ok) failed.push_back("`" + canary.name + "`");
  }
  if (!failed.empty()) diagnostic.why.push_back("canaries that fail: " + list_words(failed));
  const bool before = std::any_of(run.canaries_before.begin(), run.canaries_before.end(),
                                  [](const probe::Canary& canary) { return !canary.ok; });
  if (before) diagnostic.why.push_back("it was so before the library was loaded: look at LD_PRELOAD");
  for (const std::string& culprit : culprits) {
    diagnostic.why.push_back("`" + core::printable(culprit) + "` does it when it is loaded alone");
  }
}

}  // namespace

std::optional<core::Diagnostic> tier_finding(const TierRun& run, const std::vector<std::string>& culprits) {
  core::Diagnostic diagnostic;
  const std::string subject = "`" + core::printable(run.subject) + "`";
  const std::string library = detail(run, "library");
  if (!library.empty()) diagnostic.why.push_back("library " + core::printable(library));
  switch (judge(run)) {
    case TierVerdict::consistent:
      return std::nullopt;
    case TierVerdict::fp_environment:
      diagnostic.code = "tier-fp-environment";
      diagnostic.what = "loading the BLAS of " + subject + " changes the floating-point environment of the process";
      add_settings(run, culprits, diagnostic);
      diagnostic.hints = {"a library linked with -ffast-math does so: rebuild or replace it"};
      break;
    case TierVerdict::wrong:
      diagnostic.code = "tier-wrong";
      diagnostic.what = "the BLAS of " + subject + " gives results that are wrong, not only rounded otherwise";
      add_wrong(run, diagnostic);
      diagnostic.hints = {"replace the library, or choose another kernel of it (OPENBLAS_CORETYPE, BLIS_ARCH_TYPE)"};
      break;
    case TierVerdict::unstable:
      diagnostic.code = "tier-unstable";
      diagnostic.what = "the BLAS of " + subject + " gives other bits in a second process";
      diagnostic.why.push_back("first in section `" + run.repeat_difference->place.part + "`, " +
                               step_words(run.repeat_difference->place.step) + ", `" + run.repeat_difference->place.op +
                               "`");
      diagnostic.hints = {"run the probe again with `--threads 1`; if it stays, suspect memory or processor"};
      break;
    case TierVerdict::failed:
      if (run.outcome == TierRun::Outcome::unusable) {
        diagnostic.code = "tier-unusable";
        diagnostic.what = "the BLAS of " + subject + " cannot be loaded";
      } else if (run.outcome == TierRun::Outcome::hung) {
        diagnostic.code = "tier-hung";
        diagnostic.what = "the BLAS of " + subject + " did not come to an end in `" + core::printable(run.stage) + "`";
      } else {
        diagnostic.code = "tier-crashed";
        diagnostic.what = "the BLAS of " + subject + " ended its process in `" + core::printable(run.stage) + "`";
      }
      diagnostic.why.push_back(core::printable(run.trouble));
      break;
  }
  return diagnostic;
}

std::string text_tier(const TierRun& run, const Style& style) {
  const TierVerdict verdict = judge(run);
  const bool good = verdict == TierVerdict::consistent;
  const bool unknown = verdict == TierVerdict::failed;
  const Color color = good ? Color::green : unknown ? Color::yellow : Color::red;
  std::string text = "  " +
                     paint(good      ? "ok"
                           : unknown ? "??"
                                     : "no",
                           color, style) +
                     "  " + fmt::format("{:<11} ", shown(run.subject)) + library_words(run) + ": " +
                     verdict_words(run) + "\n";
  for (const probe::SumOrder& order : run.orders) text += kIndent + blas::describe(order) + "\n";
  for (const probe::Variation& variation : run.variations) text += kIndent + variation_words(variation) + "\n";
  return text;
}

}  // namespace envlock::report
