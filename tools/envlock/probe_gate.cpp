#include "probe_gate.h"

#include <algorithm>
#include <set>

#include "activation.h"
#include "baseline_file.h"
#include "bound_files.h"
#include "envlock/blas/replay.h"
#include "envlock/core/text.h"
#include "envlock/prefix/conda_meta.h"
#include "envlock/torch/signature.h"
#include "explain.h"
#include "explain_by_lock.h"
#include "gpu_gate.h"
#include "hardware_class.h"
#include "portable.h"
#include "probe_reference.h"
#include "probe_tiers.h"

namespace envlock::tools {
namespace {

constexpr const char* kBaselineName = "envlock.baseline.json";

using Standing = report::TierAnswer::Standing;

std::filesystem::path baseline_file(const ProbeGateArgs& args, const std::filesystem::path& lock) {
  return args.baseline.empty() ? lock.parent_path() / kBaselineName : std::filesystem::path(args.baseline);
}

/// The components whose ops are others than were accepted; none of a tier without single ops.
std::vector<std::string> differing_components(const probe::AcceptedTier& accepted, const probe::TierRun& run) {
  const probe::Section* now = run.find("ops");
  if (now == nullptr) return {};
  for (const probe::AcceptedSection& section : accepted.sections) {
    if (section.name == "ops") return torch::differing_components(section, *now);
  }
  return {};
}

/// The ops that were computed when the tier was accepted and are refused now, with the words of the refusal.
std::vector<std::pair<std::string, std::string>> newly_refused(const probe::AcceptedTier& accepted,
                                                               const probe::TierRun& run) {
  constexpr std::string_view kNotComputed = "not computed: ops ";
  const probe::Section* now = run.find("ops");
  const auto before = std::find_if(accepted.sections.begin(), accepted.sections.end(),
                                   [](const probe::AcceptedSection& section) { return section.name == "ops"; });
  if (now == nullptr || now->record.steps.empty()) return {};
  if (before == accepted.sections.end() || before->steps.empty()) return {};
  std::vector<std::pair<std::string, std::string>> refused;
  for (const auto& [name, error] : run.details) {
    if (!name.starts_with(kNotComputed)) continue;
    const std::string op = name.substr(kNotComputed.size());
    const auto place = std::find(before->initial_ops.begin(), before->initial_ops.end(), op);
    const auto is = std::find_if(now->initial_ops.begin(), now->initial_ops.end(),
                                 [&](const auto& each) { return each.name == op; });
    if (place == before->initial_ops.end() || is == now->initial_ops.end()) continue;
    const auto then = static_cast<std::size_t>(place - before->initial_ops.begin());
    const auto index = static_cast<std::size_t>(is - now->initial_ops.begin());
    if (then >= before->steps.front().size() || index >= now->record.steps.front().ops.size()) continue;
    const std::uint32_t digest = probe::shortened(now->record.steps.front().ops[index]);
    if (before->steps.front()[then] != digest) refused.emplace_back(op, error);
  }
  return refused;
}

/// One gate at work.
class Gate {
 public:
  Gate(const std::filesystem::path& prefix, const GateLock& lock, const ProbeGateArgs& args, Out& out)
      : prefix_(prefix),
        lock_(lock),
        args_(args),
        out_(out),
        file_(read_baseline_file(baseline_file(args, lock.file))) {}

  report::ProbeGate run() {
    if (args_.accept) check_replaceable(file_);
    describe_gate();
    gate_.reference = run_quick_reference(args_.repeat, out_);
    request_ = {.prefix = prefix_,
                .variables = prefix::read_variables(prefix_),
                .environment = process_variables(),
                .threads = args_.threads,
                .repeat = args_.repeat,
                .most_seconds = args_.most_seconds};
    for (const auto& [name, value] : lock_.variables) request_.variables[name] = value;
    packages_ = prefix::read_conda_meta(prefix_).packages;
    for (const prefix::InstalledPackage& package : packages_) {
      gate_.packages[package.record.name] = package.record.version;
    }
    machine_ = snapshot::capture_machine(out_.notes);
    std::vector<probe::TierRun> runs = run_all_tiers(request_, out_.notes);
    choose_class(runs);
    gate_.knows_class = file_.baseline.find(gate_.hardware) != nullptr;
    if (args_.portable) gate_.portable = prove_portable(request_, runs, hardware_class(machine_, args_.threads));
    request_.cublas = find_cublas_of(request_, out_.notes);
    request_.torch_on_gpu = has_torch_for_cuda(runs);
    explainer_.emplace(request_, ExplainSettings{args_.explain_seconds, machine_.isa, args_.command});
    for (probe::TierRun& run : runs) judge(std::move(run));
    judge_gpus();
    find_missing();
    if (args_.accept) accept();
    return std::move(gate_);
  }

 private:
  void describe_gate() {
    gate_.baseline = file_.path.string();
    gate_.has_baseline = file_.is_usable();
    gate_.baseline_troubles = file_.troubles;
    gate_.command = args_.command;
    gate_.unknown_class_fails = args_.unknown_class == "fail";
    gate_.holds_lock = lock_.holds;
    gate_.lock = lock_.file.string();
  }

  /// Under variables that settle what the libraries take, less of the hardware matters. They must be the lock's or the
  /// environment's: another shell has no others. What is accepted for more machines is tried first.
  void choose_class(const std::vector<probe::TierRun>& runs) {
    const probe::HardwareClass full = gate_.hardware = hardware_class(machine_, args_.threads);
    const probe::Dispatch dispatch = probe::dispatch_of(runs);
    const std::optional<probe::HardwareClass> reduced = probe::reduced_class(full, dispatch, request_.variables);
    if (!reduced || !took_all_pins(dispatch, runs)) return take_covering_class(full);
    probe::HardwareClass of_this_cache = *reduced;
    of_this_cache.l2_bytes = full.l2_bytes;
    if (args_.accept) {
      const std::vector<report::MachineCheck> checks = check_other_machines(request_, runs, *reduced);
      const auto fails = [&](const char* setting) {
        return std::any_of(checks.begin(), checks.end(), [&](const report::MachineCheck& check) {
          return !check.same && check.setting.starts_with(setting);
        });
      };
      if (!fails("GLIBC_TUNABLES")) gate_.hardware = fails("OPENBLAS_L2_SIZE") ? of_this_cache : *reduced;
    } else if (file_.baseline.find(full) == nullptr) {
      gate_.hardware = file_.baseline.find(of_this_cache) != nullptr ? of_this_cache : *reduced;
      if (file_.baseline.find(gate_.hardware) == nullptr) take_covering_class(full);
    }
    is_reduced_ = gate_.hardware != full;
  }

  /// What was accepted under variables holds for every machine that can take them. When they are others now, this
  /// machine is no stranger: the variables changed, and that is for the comparison to tell.
  void take_covering_class(const probe::HardwareClass& full) {
    if (args_.accept || file_.baseline.find(full) != nullptr) return;
    for (const probe::AcceptedClass& accepted : file_.baseline.classes) {
      if (accepted.hardware != full && probe::covers(accepted.hardware, full)) gate_.hardware = accepted.hardware;
    }
  }

  bool took_all_pins(const probe::Dispatch& dispatch, const std::vector<probe::TierRun>& runs) const {
    for (const probe::Chooser chooser : dispatch.choosers) {
      for (const auto& [name, value] : request_.variables) {
        const auto ignored = [&, &variable = name, &wanted = value](const probe::TierRun& run) {
          return probe::took_pin({chooser, variable, wanted}, run) == false;
        };
        if (probe::is_pin_of(chooser, name) && std::any_of(runs.begin(), runs.end(), ignored)) return false;
      }
    }
    return true;
  }

  static const probe::AcceptedTier* find_tier(const probe::AcceptedClass* known, const probe::TierRun& run) {
    if (known == nullptr) return nullptr;
    const auto found = std::find_if(known->tiers.begin(), known->tiers.end(), [&](const probe::AcceptedTier& tier) {
      return tier.tier == run.tier && tier.subject == run.subject;
    });
    return found == known->tiers.end() ? nullptr : &*found;
  }

  void judge_gpus() {
    GpuTiers found = run_gpu_tiers(request_, out_.notes);
    gate_.gpu_skipped = std::move(found.skipped);
    gpu_tiers_ = std::move(found.tiers);
    for (const GpuTier& tier : gpu_tiers_) {
      judge({.run = tier.run, .hardware = hardware_class(machine_, tier.gpu), .device = tier.device});
    }
    gate_.gpus_elsewhere = gpus_elsewhere(file_.baseline, gate_.tiers);
  }

  void judge(probe::TierRun run) { judge({.run = std::move(run), .hardware = gate_.hardware}); }

  void judge(report::TierAnswer answer) {
    const probe::TierVerdict verdict = probe::judge(answer.run);
    if (verdict == probe::TierVerdict::fp_environment) answer.culprits = culprits_of(answer.run);
    const probe::AcceptedClass* known = file_.baseline.find(answer.hardware);
    const probe::AcceptedTier* accepted = find_tier(known, answer.run);
    answer.standing = !gate_.has_baseline   ? Standing::alone
                      : known == nullptr    ? Standing::unknown_class
                      : accepted == nullptr ? Standing::unknown_subject
                                            : Standing::differs;
    if (accepted != nullptr && verdict != probe::TierVerdict::failed) compare(*accepted, answer);
    gate_.tiers.push_back(std::move(answer));
  }

  void compare(const probe::AcceptedTier& accepted, report::TierAnswer& answer) {
    answer.comparison = probe::compare(accepted, answer.run, bind_files(answer.run.mapped, prefix_, packages_));
    answer.accepted_orders = accepted.orders;
    answer.accepted_details = accepted.details;
    if (answer.comparison.equal) {
      answer.standing = Standing::accepted;
      return;
    }
    answer.components = differing_components(accepted, answer.run);
    answer.refused = newly_refused(accepted, answer.run);
    if (args_.accept) return;
    if (args_.explain_seconds > 0) explain(accepted, answer);
    if (answer.explanations.empty()) explain_by_other_mode(accepted, gpu_tiers_, answer);
  }

  /// Files that are not the lock's first, since they are known to differ; but what lies outside the environment is
  /// there because something leads to it.
  void explain(const probe::AcceptedTier& accepted, report::TierAnswer& answer) {
    const bool is_outside = probe::detail(answer.run.details, "library").starts_with("/");
    if (is_outside && explainer_->explain_by_variables(accepted, answer)) return;
    if (explain_by_the_lock(request_, lock_, accepted, answer)) return;
    explainer_->explain(accepted, answer);
  }

  /// What was so before the library was loaded is the doing of what was loaded before.
  std::vector<std::string> culprits_of(const probe::TierRun& run) {
    const bool before = std::any_of(run.canaries_before.begin(), run.canaries_before.end(),
                                    [](const probe::Canary& canary) { return !canary.ok; });
    if (before) return find_preloaded_fp_culprits(request_);
    std::vector<std::filesystem::path> candidates;
    for (const probe::MappedFile& file : run.mapped) {
      candidates.push_back(file.outside ? std::filesystem::path(file.path) : prefix_ / file.path);
    }
    return find_fp_culprits(candidates, request_);
  }

  /// Of the classes that this machine has.
  std::set<probe::HardwareClass> classes_here() const {
    std::set<probe::HardwareClass> classes = {gate_.hardware};
    for (const report::TierAnswer& answer : gate_.tiers) classes.insert(answer.hardware);
    return classes;
  }

  /// Of a tier that failed nobody knows what else it has: where one variant of torch fails, the other is not tried.
  bool failed(const std::string& tier, const probe::HardwareClass& hardware) const {
    return std::any_of(gate_.tiers.begin(), gate_.tiers.end(), [&](const report::TierAnswer& answer) {
      return answer.run.tier == tier && answer.hardware == hardware &&
             probe::judge(answer.run) == probe::TierVerdict::failed;
    });
  }

  void find_missing() {
    for (const probe::HardwareClass& hardware : classes_here()) {
      if (const auto* known = file_.baseline.find(hardware); known != nullptr) find_missing(*known);
    }
  }

  void find_missing(const probe::AcceptedClass& known) {
    for (const probe::AcceptedTier& tier : known.tiers) {
      const bool found = std::any_of(gate_.tiers.begin(), gate_.tiers.end(), [&](const report::TierAnswer& answer) {
        return answer.run.tier == tier.tier && answer.run.subject == tier.subject && answer.hardware == known.hardware;
      });
      if (found || failed(tier.tier, known.hardware)) continue;
      report::MissingTier missing{.tier = tier.tier, .subject = tier.subject, .gone_packages = {}};
      for (const probe::BoundFile& file : tier.files) {
        if (file.package.empty() || gate_.packages.contains(file.package)) continue;
        std::vector<std::string>& gone = missing.gone_packages;
        if (std::find(gone.begin(), gone.end(), file.package) == gone.end()) gone.push_back(file.package);
      }
      gate_.missing.push_back(std::move(missing));
    }
  }

  void accept() {
    refuse_what_is_wrong();
    warn_of_variables();
    const std::map<std::string, std::string> variables = public_variables();
    std::map<probe::HardwareClass, std::vector<probe::AcceptedTier>> classes;
    for (const report::TierAnswer& answer : gate_.tiers) {
      std::vector<probe::AcceptedTier>& tiers = classes[answer.hardware];
      // Of several GPUs of one class one speaks for all: that they agree was seen.
      const bool is_twin = std::any_of(tiers.begin(), tiers.end(), [&](const probe::AcceptedTier& tier) {
        return tier.tier == answer.run.tier && tier.subject == answer.run.subject;
      });
      if (is_twin) continue;
      tiers.push_back(probe::accept(answer.run, bind_files(answer.run.mapped, prefix_, packages_)));
      tiers.back().variables.assign(variables.begin(), variables.end());
    }
    for (auto& [hardware, tiers] : classes) {
      const Reach reach = is_reduced_ && hardware == gate_.hardware ? Reach::reduced : Reach::this_machine;
      gate_.superseded += write_accepted(file_, hardware, reach, std::move(tiers), out_.notes);
    }
    gate_.accepted = gate_.has_baseline = gate_.knows_class = true;
    gate_.baseline_troubles.clear();
    gate_.missing.clear();
    for (report::TierAnswer& answer : gate_.tiers) answer.standing = Standing::accepted;
  }

  /// What steers the libraries, but for what a baseline must not hold.
  std::map<std::string, std::string> public_variables() const {
    std::map<std::string, std::string> variables =
        blas::steering_variables(effective_environment(request_), args_.threads);
    std::erase_if(variables, [](const auto& variable) {
      return variable.second.empty() || snapshot::public_value(variable.first, variable.second) != variable.second ||
             variable.second.find('/') != std::string::npos;
    });
    return variables;
  }

  /// What only this shell sets, another one will not have.
  void warn_of_variables() {
    for (const auto& [name, value] : blas::steering_variables(effective_environment(request_), args_.threads)) {
      if (request_.variables.contains(name)) continue;
      out_.notes.warning(
          {.code = "accepted-under-variable",
           .what = "what was accepted was computed with `" + name + "` set, which is no part of the lock",
           .where = std::nullopt,
           .why = {"have " + core::printable(name + "=" + value)},
           .hints = {"unset it and accept again, or put it into `variables:` of environment.yml"}});
    }
  }

  void refuse_what_is_wrong() const {
    std::vector<std::string> why;
    if (gate_.reference.verdict != probe::Verdict::as_specified) {
      why.push_back("the reference run is " + std::string(format(gate_.reference.verdict)));
    }
    for (const report::TierAnswer& answer : gate_.tiers) {
      const probe::TierVerdict verdict = probe::judge(answer.run);
      if (verdict == probe::TierVerdict::consistent) continue;
      why.push_back(answer.run.tier + " of `" + core::printable(answer.run.subject) + "` is " +
                    std::string(format(verdict)));
    }
    for (std::string& words : gpus_that_disagree(gate_.tiers)) why.push_back(std::move(words));
    if (gate_.tiers.empty()) why.push_back("the environment has no numerical library that the probe could run");
    if (why.empty()) return;
    throw core::Error({.code = "probe-not-accepted",
                       .what = "the baseline was not written, because what was found is nothing to accept",
                       .where = std::nullopt,
                       .why = std::move(why),
                       .hints = {"`envlock verify --probe` without --accept says more"}});
  }

  std::filesystem::path prefix_;
  const GateLock& lock_;
  const ProbeGateArgs& args_;
  Out& out_;
  BaselineFile file_;
  TierRequest request_;
  std::vector<prefix::InstalledPackage> packages_;
  snapshot::Machine machine_;
  bool is_reduced_ = false;  ///< the class, by the variables of the lock
  std::optional<Explainer> explainer_;
  std::vector<GpuTier> gpu_tiers_;
  report::ProbeGate gate_;
};

}  // namespace

report::ProbeGate run_probe_gate(const std::filesystem::path& prefix, const GateLock& lock, const ProbeGateArgs& args,
                                 Out& out) {
  return Gate(prefix, lock, args, out).run();
}

}  // namespace envlock::tools
