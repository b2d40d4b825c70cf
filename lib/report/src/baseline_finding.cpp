// What `verify --probe` says of the baseline itself.
#include <algorithm>
#include <map>

#include "envlock/core/text.h"
#include "envlock/report/tier_report.h"
#include "probe_words.h"
#include "tier_words.h"

namespace envlock::report {
namespace {

using probe::ChangedFile;
using probe::TierVerdict;

constexpr std::size_t kMostFilesOfPackage = 3;

std::string accept_hint(const ProbeGate& gate) {
  return "`" + gate.command + " --accept` records it, after review";
}

/// "`libopenblas 0.3.29`", "a file of no package".
std::string package_words(const ProbeGate& gate, const std::string& package) {
  if (package.empty()) return "no package";
  const auto found = gate.packages.find(package);
  return "`" + core::printable(found == gate.packages.end() ? package : package + " " + found->second) + "`";
}

/// A line for each package whose files are not those that were mapped when a tier was accepted.
class OtherFiles {
 public:
  explicit OtherFiles(const ProbeGate& gate) : gate_(gate) {}

  void add(const ChangedFile& file) {
    std::vector<std::string>& paths = by_package_[{file.package, file.kind}];
    const std::string path = "`" + core::printable(file.path) + "`";
    if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(path);
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    for (const auto& [key, paths] : by_package_) {
      const auto& [package, kind] = key;
      const std::string files = list_words(paths, kMostFilesOfPackage);
      switch (kind) {
        case ChangedFile::Kind::other_bytes:
          lines.push_back(package_words(gate_, package) + " has other bytes in " + files);
          break;
        case ChangedFile::Kind::added:
          lines.push_back(package_words(gate_, package) + " has " + files + ", which was not there");
          break;
        case ChangedFile::Kind::gone:
          lines.push_back(files + " of `" + core::printable(package) + "` is not there any more");
          break;
      }
    }
    return lines;
  }

 private:
  const ProbeGate& gate_;
  std::map<std::pair<std::string, ChangedFile::Kind>, std::vector<std::string>> by_package_;
};

/// The lock changed since, and brought what differs: not the environment is to be mended, but one of the two reviewed.
void add_other_lock(const ProbeGate& gate, std::vector<GateFinding>& findings) {
  if (!gate.holds_lock || gate.accepted) return;
  OtherFiles files(gate);
  for (const TierAnswer& answer : gate.tiers) {
    if (answer.standing != TierAnswer::Standing::differs) continue;
    for (const ChangedFile& file : answer.comparison.changed_files) files.add(file);
  }
  std::vector<std::string> why = files.lines();
  for (const MissingTier& missing : gate.missing) {
    for (const std::string& package : missing.gone_packages) {
      why.push_back("`" + core::printable(package) + "`, of which " + subject_words(missing.tier, missing.subject) +
                    " had files, is not in the lock");
    }
  }
  if (why.empty()) return;
  const std::string lock = "`" + core::printable(gate.lock) + "`";
  findings.push_back({Kind::error,
                      {.code = "baseline-other-lock",
                       .what = "`" + core::printable(gate.baseline) + "` is for another lock than " + lock +
                               ": the environment holds what is locked, and not what was accepted",
                       .where = std::nullopt,
                       .why = std::move(why),
                       .hints = {"if " + lock + " was changed on purpose: " + accept_hint(gate),
                                 "else take the lock that the baseline was written with, and `envlock install`"}}});
}

void add_missing(const ProbeGate& gate, std::vector<GateFinding>& findings) {
  for (const MissingTier& missing : gate.missing) {
    findings.push_back(
        {Kind::error,
         {.code = "tier-missing",
          .what = subject_words(missing.tier, missing.subject) + " was accepted, and is not there any more",
          .where = std::nullopt,
          .why = {},
          .hints = {"if that is meant: " + accept_hint(gate)}}});
  }
}

/// The processor's, and those of GPUs.
std::vector<probe::HardwareClass> unknown_classes(const ProbeGate& gate) {
  std::vector<probe::HardwareClass> classes;
  const bool on_processor =
      std::any_of(gate.tiers.begin(), gate.tiers.end(), [](const TierAnswer& answer) { return answer.device.empty(); });
  if (!gate.knows_class && on_processor) classes.push_back(gate.hardware);
  for (const TierAnswer& answer : gate.tiers) {
    const bool is_unknown = !answer.device.empty() && answer.standing == TierAnswer::Standing::unknown_class;
    if (is_unknown && std::find(classes.begin(), classes.end(), answer.hardware) == classes.end()) {
      classes.push_back(answer.hardware);
    }
  }
  return classes;
}

/// What the baseline does not know yet.
void add_unknown(const ProbeGate& gate, std::vector<GateFinding>& findings) {
  const std::string file = "`" + core::printable(gate.baseline) + "`";
  const Kind kind = gate.unknown_class_fails ? Kind::warning : Kind::note;
  if (!gate.has_baseline) {
    findings.push_back({Kind::note,
                        {.code = "baseline-absent",
                         .what = "there is no " + file + ": nobody has said yet which bits this environment computes",
                         .where = std::nullopt,
                         .why = {},
                         .hints = {accept_hint(gate)}}});
  } else {
    for (const probe::HardwareClass& hardware : unknown_classes(gate)) {
      findings.push_back({kind,
                          {.code = "baseline-unknown-class",
                           .what = file + " does not know this class of hardware",
                           .where = std::nullopt,
                           .why = {"have " + describe(hardware)},
                           .hints = {accept_hint(gate)}}});
    }
    for (const TierAnswer& answer : gate.tiers) {
      if (answer.standing != TierAnswer::Standing::unknown_subject) continue;
      findings.push_back({kind,
                          {.code = "baseline-unknown-subject",
                           .what = subject_words(answer.run.tier, answer.run.subject) + " is not in " + file,
                           .where = std::nullopt,
                           .why = {},
                           .hints = {accept_hint(gate)}}});
    }
  }
}

}  // namespace

void add_baseline_findings(const ProbeGate& gate, std::vector<GateFinding>& findings) {
  add_missing(gate, findings);
  add_other_lock(gate, findings);
  for (const core::Diagnostic& trouble : gate.baseline_troubles) findings.push_back({Kind::warning, trouble});
  if (gate.accepted || gate.tiers.empty()) return;
  // That a file is there which says nothing is said already.
  if (!gate.has_baseline && !gate.baseline_troubles.empty()) return;
  // What is wrong is nothing to record.
  const bool acceptable = std::all_of(gate.tiers.begin(), gate.tiers.end(), [](const TierAnswer& answer) {
    return judge(answer.run) == TierVerdict::consistent;
  });
  if (acceptable) add_unknown(gate, findings);
}

}  // namespace envlock::report
