#include <cmath>

#include "envlock/blas/sum_order.h"
#include "envlock/core/json_writer.h"
#include "envlock/report/tier_report.h"
#include "envlock/report/verify_report.h"
#include "json_parts.h"
#include "tier_words.h"
#include "verify_words.h"

namespace envlock::report {
namespace {

using Layout = core::JsonWriter::Layout;

std::uint64_t microseconds(double seconds) {
  return static_cast<std::uint64_t>(std::llround(seconds * 1e6));
}

void write_tally(core::JsonWriter& json, const verify::Tally& tally) {
  json.key("tally");
  json.begin_object();
  json.member("files", std::uint64_t{tally.files});
  json.member("file_bytes", tally.file_bytes);
  json.member("archives", std::uint64_t{tally.archives});
  json.member("archive_bytes", tally.archive_bytes);
  json.member("unread_files", std::uint64_t{tally.unread_files});
  json.member("unread_bytes", tally.unread_bytes);
  json.member("checked_pyc", std::uint64_t{tally.checked_pyc});
  json.member("unproved_pyc", std::uint64_t{tally.unproved_pyc});
  json.member("microseconds", microseconds(tally.seconds));
  json.member("decompression_microseconds", microseconds(tally.decompression_seconds));
  json.end_object();
}

void write_package(core::JsonWriter& json, const verify::PackageVerdict& package) {
  json.begin_object();
  json.member("kind", name_of(package.kind));
  json.member("name", package.name);
  json.member("version", package.version);
  json.member("build", package.build);
  json.member("proof", name_of(package.proof));
  json.member("archive", package.archive);
  write_text(json, "weak_reason", package.weak_reason);
  json.member("files", std::uint64_t{package.files});
  json.member("faults", std::uint64_t{package.faults});
  json.member("dialects", package.dialects);
  json.end_object();
}

void write_finding(core::JsonWriter& json, const verify::Finding& finding) {
  json.begin_object();
  json.member("weight", name_of(finding.weight));
  json.member("group", name_of(finding.group));
  json.member("package", finding.package);
  json.member("path", finding.path);
  json.member("count", std::uint64_t{finding.count});
  write_diagnostic_members(json, finding.diagnostic);
  json.end_object();
}

std::string_view name_of(TierAnswer::Standing standing) {
  switch (standing) {
    case TierAnswer::Standing::alone:
      return "no-baseline";
    case TierAnswer::Standing::unknown_class:
      return "unknown-class";
    case TierAnswer::Standing::unknown_subject:
      return "unknown-subject";
    case TierAnswer::Standing::accepted:
      return "accepted";
    case TierAnswer::Standing::differs:
      break;
  }
  return "differs";
}

void write_tier(core::JsonWriter& json, const TierAnswer& answer) {
  json.begin_object();
  json.member("tier", answer.run.tier);
  json.member("subject", answer.run.subject);
  if (!answer.device.empty()) {
    json.member("device", answer.device);
    json.member("hardware", describe(answer.hardware));
  }
  json.member("verdict", probe::format(probe::judge(answer.run)));
  json.member("standing", name_of(answer.standing));
  json.member("root", core::format(answer.run.root));
  json.member("differing_sections", answer.comparison.differing_sections);
  json.member("differing_components", answer.components);
  std::vector<std::string> files;
  for (const probe::ChangedFile& file : answer.comparison.changed_files) files.push_back(changed_file_words(file));
  json.member("changed_files", files);
  json.key("variations");
  json.begin_array();
  for (const probe::Variation& variation : answer.run.variations) {
    json.begin_object();
    json.member("section", variation.place.part);
    json.member("op", variation.place.op);
    json.member("distinct", variation.distinct);
    json.member("tried", variation.tried);
    json.end_object();
  }
  json.end_array();
  json.member("replays", answer.replays);
  json.key("orders");
  json.begin_array();
  for (const probe::SumOrder& order : answer.run.orders) json.value(blas::describe(order));
  json.end_array();
  json.key("details");
  json.begin_object();
  for (const auto& [name, value] : answer.run.details) json.member(name, value);
  json.end_object();
  json.key("causes");
  json.begin_array();
  for (const Explanation& explanation : answer.explanations) {
    json.begin_object();
    json.member("cause", explanation.cause);
    json.member("remedy", explanation.remedy);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

std::string_view name_of(PinProof::State state) {
  switch (state) {
    case PinProof::State::named:
      return "named";
    case PinProof::State::changes:
      return "changes";
    case PinProof::State::no_difference:
      return "no-difference";
    case PinProof::State::ignored:
      return "ignored";
    case PinProof::State::refused:
      break;
  }
  return "refused";
}

void write_portable(core::JsonWriter& json, const Portable& portable) {
  json.key("portable");
  json.begin_object();
  json.member("consistent", portable.consistent);
  json.member("hardware", portable.hardware && portable.all_same() ? describe(*portable.hardware) : "");
  json.member("unknown", portable.unknown);
  json.key("pins");
  json.begin_array();
  for (const PinProof& proof : portable.pins) {
    json.begin_object();
    json.member("library", probe::name_of(proof.pin.chooser));
    json.member("variable", proof.pin.variable);
    json.member("value", proof.pin.value);
    json.member("proposed", proof.is_proposed());
    json.member("proof", name_of(proof.state));
    json.member("kernel", proof.kernel);
    json.member("differing", proof.differing);
    json.end_object();
  }
  json.end_array();
  json.key("checks");
  json.begin_array();
  for (const MachineCheck& check : portable.checks) {
    json.begin_object();
    json.member("setting", check.setting);
    json.member("same", check.same);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

void write_gate(core::JsonWriter& json, const ProbeGate& gate) {
  json.key("probe");
  json.begin_object();
  json.member("hardware", describe(gate.hardware));
  write_text(json, "baseline", gate.baseline);
  json.member("has_baseline", gate.has_baseline);
  json.member("knows_class", gate.knows_class);
  json.member("accepted", gate.accepted);
  json.key("reference");
  json.begin_object();
  json.member("verdict", probe::format(gate.reference.verdict));
  json.member("root", core::format(gate.reference.root));
  json.end_object();
  if (!gate.gpu_skipped.empty()) json.member("gpu_skipped", gate.gpu_skipped);
  if (!gate.gpus_elsewhere.empty()) {
    std::vector<std::string> elsewhere;
    for (const probe::GpuClass& gpu : gate.gpus_elsewhere) elsewhere.push_back(describe(gpu));
    json.member("gpus_elsewhere", elsewhere);
  }
  json.key("tiers");
  json.begin_array();
  for (const TierAnswer& answer : gate.tiers) write_tier(json, answer);
  json.end_array();
  if (gate.portable) write_portable(json, *gate.portable);
  json.end_object();
}

}  // namespace

std::string json_verify(const VerifyReport& report, const std::vector<core::Note>& notes) {
  const verify::Verification& verification = *report.verification;
  core::JsonWriter json;
  begin_document(json, "envlock-verify");
  json.member("answer", name_of(verify::answer(verification, report.allow_weak)));
  write_text(json, "prefix", report.prefix);
  write_text(json, "lock", report.lock);
  json.member("platform", report.platform);
  json.member("against_lock", verification.against_lock);
  json.member("allow_weak", report.allow_weak);
  json.member("quick", verification.quick);
  json.member("faults", std::uint64_t{verification.count(verify::Weight::fault)});
  json.member("unknown", std::uint64_t{verification.count(verify::Weight::unknown)});
  json.member("weak_packages", std::uint64_t{verification.weak_packages()});
  write_tally(json, verification.tally);
  if (report.gate != nullptr) write_gate(json, *report.gate);
  json.key("findings");
  json.begin_array();
  for (const verify::Finding& finding : verification.findings) write_finding(json, finding);
  json.end_array();
  json.key("packages");
  json.begin_array();
  for (const verify::PackageVerdict& package : verification.packages) write_package(json, package);
  json.end_array();
  json.member("searched_folders", verification.searched_folders, Layout::multi_line);
  write_notes(json, notes);
  json.end_object();
  return json.finish();
}

}  // namespace envlock::report
