// What is wrong with a tier's run, and how it stands to what was accepted, as diagnostics.
#include <fmt/format.h>

#include <algorithm>

#include "envlock/blas/sum_order.h"
#include "envlock/core/text.h"
#include "envlock/probe/float_text.h"
#include "envlock/report/probe_report.h"
#include "envlock/report/tier_report.h"
#include "envlock/report/units.h"
#include "probe_words.h"
#include "tier_words.h"

namespace envlock::report {
namespace {

using probe::TierRun;
using probe::TierVerdict;

constexpr std::size_t kMostAlgorithms = 3;
constexpr const char* kGpuHint =
    "`envlock probe run --device all --soak 60` tells whether it is the machine; if it is not, replace the library";

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

/// Operations that are refused now. They keep their places, so that they differ.
void add_refused(const TierAnswer& answer, core::Diagnostic& diagnostic) {
  for (const auto& [op, error] : answer.refused) {
    diagnostic.why.push_back("`" + core::printable(op) + "` cannot be computed now: " + core::printable(error));
  }
}

/// What changed between the accepted run and this one, as far as the inventory tells.
void add_inventory(const TierAnswer& answer, core::Diagnostic& diagnostic) {
  std::vector<std::string> names = {"library", "version", "kernel", "operands"};
  for (const auto& [name, value] : answer.accepted_details) {
    if (name.starts_with("algorithm ")) names.push_back(name);
  }
  std::size_t algorithms = 0;
  for (const std::string& name : names) {
    const std::string accepted = probe::detail(answer.accepted_details, name);
    const std::string now = probe::detail(answer.run.details, name);
    if (accepted == now) continue;
    const auto shown = [](const std::string& value) { return value.empty() ? std::string("nothing") : value; };
    // Of sixteen shapes some are enough to see what is chosen otherwise.
    if (name.starts_with("algorithm ") && ++algorithms > kMostAlgorithms) continue;
    diagnostic.why.push_back(name + ": accepted " + core::printable(shown(accepted)) + ", now " +
                             core::printable(shown(now)));
  }
  if (!answer.comparison.changed_files.empty()) {
    std::vector<std::string> files;
    for (const probe::ChangedFile& file : answer.comparison.changed_files) {
      files.push_back("`" + core::printable(changed_file_words(file)) + "`");
    }
    diagnostic.why.push_back("files whose bytes are not the accepted ones: " + list_words(files));
  }
  const auto describe_all = [](const std::vector<probe::SumOrder>& orders) {
    std::string words;
    for (const probe::SumOrder& order : orders)
      words += (words.empty() ? "" : "; at the edges: ") + blas::describe(order);
    return words;
  };
  const std::string accepted = describe_all(answer.accepted_orders);
  const std::string now = describe_all(answer.run.orders);
  if (accepted != now) {
    diagnostic.why.push_back("order of sums, accepted: " + accepted);
    diagnostic.why.push_back("order of sums, now:      " + now);
  }
}

/// Which ops differ is the signature of what changed.
void add_components(const TierAnswer& answer, core::Diagnostic& diagnostic) {
  if (answer.components.empty()) return;
  std::vector<std::string> names;
  for (const std::string& component : answer.components) names.push_back("`" + core::printable(component) + "`");
  diagnostic.why.push_back("single operations that differ are those of " + list_words(names));
}

void add_explanations(const TierAnswer& answer, core::Diagnostic& diagnostic) {
  for (const Explanation& explanation : answer.explanations) {
    diagnostic.why.push_back("cause, proved by a replay that gives the accepted digests: " + explanation.cause);
    diagnostic.hints.push_back(explanation.remedy);
  }
  if (!answer.explanations.empty()) return;
  if (answer.replays > 0) {
    diagnostic.why.push_back("no cause was found: none of " +
                             count_of(static_cast<std::size_t>(answer.replays), "replay") +
                             " gives the accepted digests");
  }
  for (const Explanation& explanation : answer.elsewhere) diagnostic.hints.push_back(explanation.remedy);
}

core::Diagnostic differs(const TierAnswer& answer, const ProbeGate& gate) {
  core::Diagnostic diagnostic;
  diagnostic.code = "tier-differs";
  const std::string subject = subject_words(answer.run.tier, answer.run.subject);
  if (const std::optional<probe::Mismatch>& first = answer.comparison.first) {
    const std::string pass = pass_words(first->place.op);
    diagnostic.what = subject + " computes other bits than were accepted, first in section `" + first->place.part + "`";
    if (first->place.step >= 0) diagnostic.what += ", " + step_words(first->place.step);
    diagnostic.what += ", `" + core::printable(first->place.op) + "`" + (pass.empty() ? "" : " (" + pass + ")");
    diagnostic.why.push_back(fmt::format("{} of {} digests differ, in the sections {}",
                                         format_count(first->differing_ops), format_count(first->compared_ops),
                                         list_words(answer.comparison.differing_sections)));
  } else {
    diagnostic.what = subject + " computes something else than was accepted";
    diagnostic.why.push_back("sections that differ: " + list_words(answer.comparison.differing_sections));
  }
  if (answer.comparison.training && answer.comparison.first->place.part != "training") {
    const probe::Mismatch& training = *answer.comparison.training;
    const std::string pass = pass_words(training.place.op);
    diagnostic.why.push_back("the training run parts at " + step_words(training.place.step) + ", `" +
                             core::printable(training.place.op) + "`" + (pass.empty() ? "" : ": " + pass));
  }
  if (!answer.device.empty()) {
    diagnostic.why.push_back("on " + answer.device + ", " + core::printable(describe(answer.hardware)));
  }
  add_components(answer, diagnostic);
  add_refused(answer, diagnostic);
  add_inventory(answer, diagnostic);
  add_explanations(answer, diagnostic);
  diagnostic.hints.push_back("if the change is meant: review it, then `" + gate.command + " --accept`");
  return diagnostic;
}

void add_reference(const ProbeGate& gate, std::vector<GateFinding>& findings) {
  if (auto finding = probe_finding(gate.reference)) findings.push_back({Kind::error, std::move(*finding)});
}

/// A library that the lock does not hold: its bits can be the accepted ones today and others tomorrow.
void add_outside(const TierAnswer& answer, std::vector<GateFinding>& findings) {
  const std::string library = probe::detail(answer.run.details, "library");
  if (!library.starts_with('/')) return;
  findings.push_back(
      {answer.standing == TierAnswer::Standing::accepted ? Kind::note : Kind::error,
       {.code = "tier-outside",
        .what = subject_words(answer.run.tier, answer.run.subject) + " comes from outside the environment",
        .where = std::nullopt,
        .why = {core::printable(library), "no lock says what this file is"},
        .hints = {"unset LD_LIBRARY_PATH and LD_PRELOAD, or lock a package that has the library"}}});
}

void add_tier(const TierAnswer& answer, const ProbeGate& gate, std::vector<GateFinding>& findings) {
  if (auto finding = tier_finding(answer.run, answer.culprits)) {
    const bool failed = judge(answer.run) == TierVerdict::failed;
    findings.push_back({failed ? Kind::warning : Kind::error, std::move(*finding)});
    if (failed) return;
  }
  add_outside(answer, findings);
  if (answer.standing == TierAnswer::Standing::differs) findings.push_back({Kind::error, differs(answer, gate)});
}

}  // namespace

std::vector<GateFinding> gate_findings(const ProbeGate& gate) {
  std::vector<GateFinding> findings;
  add_reference(gate, findings);
  for (const TierAnswer& answer : gate.tiers) add_tier(answer, gate, findings);
  add_baseline_findings(gate, findings);
  return findings;
}

std::optional<core::Diagnostic> tier_finding(const TierRun& run, const std::vector<std::string>& culprits) {
  core::Diagnostic diagnostic;
  const bool is_on_gpu = !probe::detail(run.details, "device").empty();
  const std::string subject = subject_words(run.tier, run.subject);
  const std::string library = probe::detail(run.details, "library");
  if (!library.empty()) diagnostic.why.push_back("library " + core::printable(library));
  if (const std::string device = probe::detail(run.details, "device"); !device.empty()) {
    const std::string gpu = probe::detail(run.details, "gpu");
    diagnostic.why.push_back("on " + core::printable(device) + (gpu.empty() ? "" : ", " + core::printable(gpu)));
  }
  switch (judge(run)) {
    case TierVerdict::consistent:
      return std::nullopt;
    case TierVerdict::fp_environment:
      diagnostic.code = "tier-fp-environment";
      diagnostic.what = "loading " + subject + " changes the floating-point environment of the process";
      add_settings(run, culprits, diagnostic);
      diagnostic.hints = {"a library linked with -ffast-math does so: rebuild or replace it"};
      break;
    case TierVerdict::wrong:
      diagnostic.code = "tier-wrong";
      diagnostic.what = subject + " gives results that are wrong, not only rounded otherwise";
      add_wrong(run, diagnostic);
      diagnostic.hints = {is_on_gpu ? kGpuHint
                                    : "replace the library, or choose another kernel of it (OPENBLAS_CORETYPE, "
                                      "BLIS_ARCH_TYPE)"};
      break;
    case TierVerdict::unstable:
      diagnostic.code = "tier-unstable";
      diagnostic.what = subject + " gives other bits in a second process";
      diagnostic.why.push_back("first in section `" + run.repeat_difference->place.part + "`, " +
                               step_words(run.repeat_difference->place.step) + ", `" + run.repeat_difference->place.op +
                               "`");
      diagnostic.hints = {is_on_gpu ? kGpuHint
                                    : "run it again with `--probe-threads 1`; if it stays, `envlock probe run --soak "
                                      "60` tells whether it is the machine"};
      break;
    case TierVerdict::failed:
      if (run.outcome == TierRun::Outcome::unusable) {
        diagnostic.code = "tier-unusable";
        diagnostic.what =
            subject + (is_on_gpu ? " cannot be run, in `" + core::printable(run.stage) + "`" : " cannot be loaded");
      } else if (run.outcome == TierRun::Outcome::hung) {
        diagnostic.code = "tier-hung";
        diagnostic.what = subject + " did not come to an end in `" + core::printable(run.stage) + "`";
      } else {
        diagnostic.code = "tier-crashed";
        diagnostic.what = subject + " ended its process in `" + core::printable(run.stage) + "`";
      }
      diagnostic.why.push_back(core::printable(run.trouble));
      break;
  }
  return diagnostic;
}

}  // namespace envlock::report
