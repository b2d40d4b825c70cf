// A tier's run as people read it.
#include <fmt/format.h>

#include <algorithm>

#include "envlock/blas/sum_order.h"
#include "envlock/core/text.h"
#include "envlock/report/tier_report.h"
#include "envlock/report/units.h"
#include "paint.h"
#include "probe_words.h"
#include "tier_words.h"

namespace envlock::report {
namespace {

using probe::TierRun;
using probe::TierVerdict;

constexpr const char* kIndent = "                  ";

/// "libopenblasp-r0.3.21.so, kernel SkylakeX"; "libcublas.so.12 12.6.4, sgemm-pedantic on cuda:0 (NVIDIA A100)".
std::string library_words(const TierRun& run) {
  const bool is_cublas = run.tier == "cublas";
  if (run.tier != "blas" && !is_cublas) {
    const std::string version = probe::detail(run.details, "version");
    if (run.subject == run.tier) return shown(version);  // the features of numpy are a list of twenty
    const std::string kernel = probe::detail(run.details, "kernel");
    const std::string device = probe::detail(run.details, "device");
    const std::string gpu = probe::detail(run.details, "cuda.name");
    return shown(version + (kernel.empty() || !device.empty() ? "" : ", kernel " + kernel) +
                 (version.empty() ? "" : ", ") + run.subject + (device.empty() ? "" : " on " + device) +
                 (gpu.empty() ? "" : " (" + gpu + ")"));
  }
  const std::string library = probe::detail(run.details, "library");
  const bool outside = library.starts_with('/');
  std::string words = outside ? library + " (outside the environment)" : library.substr(library.rfind('/') + 1);
  if (const std::string version = probe::detail(run.details, "version"); !version.empty()) words += " " + version;
  if (const std::string kernel = probe::detail(run.details, "kernel"); !kernel.empty()) words += ", kernel " + kernel;
  if (is_cublas) {
    words += ", " + run.subject + " on " + probe::detail(run.details, "device");
    if (const std::string gpu = probe::detail(run.details, "gpu"); !gpu.empty()) words += " (" + gpu + ")";
    const std::string operands = probe::detail(run.details, "operands");
    if (!operands.empty() && operands != "float32") words += ", operands " + operands;
  }
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

std::string standing_words(const TierAnswer& answer) {
  switch (answer.standing) {
    case TierAnswer::Standing::accepted:
      return "; as accepted";
    case TierAnswer::Standing::differs:
      return "; not what was accepted";
    case TierAnswer::Standing::unknown_class:
    case TierAnswer::Standing::unknown_subject:
      return "; not accepted yet";
    case TierAnswer::Standing::alone:
      break;
  }
  return {};
}

std::string variation_words(const probe::Variation& variation) {
  const std::string what = "`" + shown(variation.place.op) + "` gives " +
                           format_count(static_cast<std::uint64_t>(variation.distinct)) + " results ";
  const std::string tried = format_count(static_cast<std::uint64_t>(variation.tried));
  if (variation.place.part == "rows") return what + "for one matrix, taken whole, by rows, and by seven rows";
  return what + "for one input at " + tried + " addresses";
}

}  // namespace

std::string subject_words(const std::string& tier, const std::string& subject) {
  const std::string name = "`" + core::printable(subject) + "`";
  if (tier == "blas") return "the BLAS of " + name;
  if (tier == "cublas") return "cuBLAS (" + name + ")";
  return tier == subject ? name : tier + " (" + name + ")";
}

std::string changed_file_words(const probe::ChangedFile& file) {
  using enum probe::ChangedFile::Kind;
  return file.path + (file.kind == added ? " (new)" : file.kind == gone ? " (gone)" : "");
}

std::string text_tier(const TierAnswer& answer, const Style& style) {
  const TierRun& run = answer.run;
  const TierVerdict verdict = judge(run);
  const bool failed = verdict == TierVerdict::failed;
  const std::string label = run.tier == "blas" ? run.subject : run.tier;
  const bool good = verdict == TierVerdict::consistent && answer.standing != TierAnswer::Standing::differs;
  const Color color = good ? Color::green : failed ? Color::yellow : Color::red;
  std::string text = "  " +
                     paint(good     ? "ok"
                           : failed ? "??"
                                    : "no",
                           color, style) +
                     "  " + fmt::format("{:<11} ", shown(label)) + library_words(run) + "\n" + kIndent +
                     verdict_words(run) + standing_words(answer) + "\n";
  for (const probe::SumOrder& order : run.orders)
    text += kIndent + paint(blas::describe(order), Color::dim, style) + "\n";
  for (const probe::Variation& variation : run.variations) {
    text += kIndent + paint(variation_words(variation), Color::dim, style) + "\n";
  }
  return text;
}

std::string text_probe_gate(const ProbeGate& gate, const Style& style) {
  std::string text = paint("Probe", Color::bold, style) + " on " + shown(describe(gate.hardware)) + "\n\n";
  const bool good = gate.reference.verdict == probe::Verdict::as_specified;
  text += "  " + paint(good ? "ok" : "no", good ? Color::green : Color::red, style) + "  reference   " +
          (good ? "all " + count_of(gate.reference.golden_compared, "digest") + " are as specified"
                : report::verdict_words(gate.reference)) +
          "\n";
  for (const TierAnswer& answer : gate.tiers) text += text_tier(answer, style);
  if (!gate.gpu_skipped.empty()) {
    text += "  " + paint("--", Color::dim, style) + "  gpu         not run: " + shown(gate.gpu_skipped) + "\n";
  }
  for (const probe::GpuClass& gpu : gate.gpus_elsewhere) {
    text += std::string(kIndent) + "`" + gate.command + "` on a machine with " + shown(describe(gpu)) +
            " checks what was accepted there\n";
  }
  if (gate.tiers.empty()) {
    text +=
        "  " + paint("--", Color::dim, style) + "  libraries   none that the probe knows: no BLAS, numpy or torch\n";
  }
  if (gate.accepted) {
    text += "  accepted: " + shown(gate.baseline) + " has this class of hardware now";
    if (gate.superseded > 0) text += ", in the place of " + count_of(gate.superseded, "narrower class");
    text += "\n";
  }
  if (gate.portable) text += "\n" + text_portable(*gate.portable, gate.command, style);
  return text;
}

}  // namespace envlock::report
