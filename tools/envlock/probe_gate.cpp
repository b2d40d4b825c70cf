#include "probe_gate.h"

#include <algorithm>
#include <chrono>
#include <tuple>

#include "activation.h"
#include "bound_files.h"
#include "envlock/blas/replay.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/prefix/conda_meta.h"
#include "envlock/torch/signature.h"
#include "hardware_class.h"
#include "probe_reference.h"
#include "probe_tiers.h"

namespace envlock::tools {
namespace {

constexpr const char* kBaselineName = "envlock.baseline.json";
constexpr std::size_t kMostBaselineBytes = std::size_t{64} << 20;

using Standing = report::TierAnswer::Standing;

std::filesystem::path baseline_file(const ProbeGateArgs& args, const std::filesystem::path& lock) {
  return args.baseline.empty() ? lock.parent_path() / kBaselineName : std::filesystem::path(args.baseline);
}

probe::RunDocument run_the_reference(const ProbeGateArgs& args, Out& out) {
  ProbeArgs reference;
  reference.repeat = args.repeat;
  const ProbeDevice device = choose_devices(reference).front();
  return run_reference(reference, device, probe::make_plan(probe::find_size(reference.size)), out);
}

std::string setting_words(const torch::Setting& setting) {
  std::string words;
  for (const auto& [name, value] : setting.variables) words += (words.empty() ? "" : ", ") + name + ": " + value;
  return words;
}

/// The components whose ops are others than were accepted; none of a tier without single ops.
std::vector<std::string> differing_components(const probe::AcceptedTier& accepted, const probe::TierRun& run) {
  for (const probe::AcceptedSection& section : accepted.sections) {
    for (const probe::Section& now : run.sections) {
      if (section.name == "ops" && now.name == "ops") return torch::differing_components(section, now);
    }
  }
  return {};
}

/// Variables that are set, then what steers the components whose ops differ.
std::vector<blas::Change> python_suspects(const blas::Situation& situation,
                                          const std::vector<std::string>& components) {
  std::vector<blas::Change> changes = blas::set_variables(situation);
  std::string names;
  for (const std::string& component : components) names += (names.empty() ? "" : ", ") + component;
  for (const torch::Setting& setting :
       torch::settings_to_try(components, *situation.now, situation.accepted->details)) {
    blas::Change change{.threads = setting.threads};
    for (const auto& [name, value] : setting.variables) change.variables[name] = value;
    if (!setting.needs.empty() &&
        std::find(situation.isa.begin(), situation.isa.end(), setting.needs) == situation.isa.end()) {
      change.elsewhere = setting.needs;
    }
    const std::string words = setting_words(setting);
    change.cause = "what computes " + names + " takes other code here; " +
                   (setting.threads > 0 ? std::to_string(setting.threads) + " threads" : "{" + words + "}") +
                   " gives what was accepted";
    change.remedy = setting.threads > 0 ? "run with `--probe-threads " + std::to_string(setting.threads) + "`"
                                        : "variables: {" + words + "}  in environment.yml, then lock";
    changes.push_back(std::move(change));
  }
  return changes;
}

/// One gate at work.
class Gate {
 public:
  Gate(const std::filesystem::path& prefix, const GateLock& lock, const ProbeGateArgs& args, Out& out)
      : prefix_(prefix), lock_(lock), args_(args), out_(out), file_(baseline_file(args, lock.file)) {}

  report::ProbeGate run() {
    gate_.baseline = file_.string();
    gate_.command = args_.command;
    gate_.unknown_class_fails = args_.unknown_class == "fail";
    read_baseline();
    gate_.reference = run_the_reference(args_, out_);
    request_ = {.prefix = prefix_,
                .variables = prefix::read_variables(prefix_),
                .environment = process_variables(),
                .threads = args_.threads,
                .repeat = args_.repeat,
                .most_seconds = args_.most_seconds};
    for (const auto& [name, value] : lock_.variables) request_.variables[name] = value;
    packages_ = prefix::read_conda_meta(prefix_).packages;
    machine_ = snapshot::capture_machine(out_.notes);
    gate_.hardware = hardware_class(machine_, args_.threads);
    for (probe::TierRun& run : run_blas_tiers(request_, out_.notes)) judge(std::move(run));
    for (probe::TierRun& run : run_python_tiers(request_)) judge(std::move(run));
    find_missing();
    if (args_.accept) accept();
    return std::move(gate_);
  }

 private:
  void read_baseline() {
    std::error_code ignored;
    if (!std::filesystem::exists(file_, ignored)) return;
    baseline_ = probe::parse_baseline(core::read_file(file_, kMostBaselineBytes), file_.string());
    gate_.has_baseline = true;
  }

  const probe::AcceptedTier* accepted_tier(const probe::TierRun& run) const {
    const probe::AcceptedClass* known = baseline_.find(gate_.hardware);
    if (known == nullptr) return nullptr;
    const auto found = std::find_if(known->tiers.begin(), known->tiers.end(), [&](const probe::AcceptedTier& tier) {
      return tier.tier == run.tier && tier.subject == run.subject;
    });
    return found == known->tiers.end() ? nullptr : &*found;
  }

  void judge(probe::TierRun run) {
    report::TierAnswer answer{.run = std::move(run)};
    const probe::TierVerdict verdict = probe::judge(answer.run);
    if (verdict == probe::TierVerdict::fp_environment) answer.culprits = culprits_of(answer.run);
    gate_.knows_class = baseline_.find(gate_.hardware) != nullptr;
    const probe::AcceptedTier* accepted = accepted_tier(answer.run);
    answer.standing = !gate_.has_baseline   ? Standing::alone
                      : !gate_.knows_class  ? Standing::unknown_class
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
    } else {
      answer.components = differing_components(accepted, answer.run);
      explain(accepted, answer);
    }
  }

  std::vector<std::string> culprits_of(const probe::TierRun& run) {
    std::vector<std::filesystem::path> candidates;
    for (const probe::MappedFile& file : run.mapped) {
      candidates.push_back(file.outside ? std::filesystem::path(file.path) : prefix_ / file.path);
    }
    return find_fp_culprits(candidates, request_);
  }

  /// Runs the tier again with one thing changed at a time, until the time is over; keeps what gives the accepted bits.
  void explain(const probe::AcceptedTier& accepted, report::TierAnswer& answer) {
    blas::Situation situation{.now = &answer.run, .accepted = &accepted, .environment = request_.environment};
    for (const auto& [name, value] : request_.variables) situation.environment[name] = value;
    situation.isa = machine_.isa;
    if (explain_by_the_lock(accepted, answer)) return;
    const auto begin = std::chrono::steady_clock::now();
    const auto spent = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
    for (const blas::Change& change : suspects(situation, answer.components)) {
      if (!change.elsewhere.empty()) {
        answer.elsewhere.push_back({change.cause, on_another_machine(change)});
        continue;
      }
      if (spent() > args_.explain_seconds) break;
      ++answer.replays;
      if (!reproduces(change, accepted, answer.run)) continue;
      answer.explanations.push_back({change.cause, change.remedy});
      // A variable that is set here and is the cause needs no rival: what else gives these bits does what it does.
      const bool was_set = std::any_of(change.variables.begin(), change.variables.end(),
                                       [](const auto& variable) { return !variable.second.has_value(); });
      if (was_set) break;
    }
  }

  /// Where the library is another file than the accepted one: does the lock's own file give the accepted bits?
  bool explain_by_the_lock(const probe::AcceptedTier& accepted, report::TierAnswer& answer) {
    if (answer.run.tier != "blas" || !lock_.locked_file || answer.comparison.changed_files.empty()) return false;
    const std::string path = probe::detail(accepted.details, "library");
    const auto owner = std::find_if(accepted.files.begin(), accepted.files.end(),
                                    [&](const probe::BoundFile& file) { return file.path == path; });
    if (owner == accepted.files.end()) return false;
    const std::optional<std::filesystem::path> file = lock_.locked_file(owner->package, path);
    if (!file) return false;
    TierRequest request = request_;
    request.repeat = 0;
    request.subject = answer.run.subject;
    request.library = blas::Library{.path = *file,
                                    .name = path,
                                    .users = {},
                                    .symbol = probe::detail(answer.run.details, "function"),
                                    .ilp64 = probe::detail(answer.run.details, "integers") == "64 bits"};
    // What it needs lies in the prefix, not beside the unpacked file.
    request.environment["LD_LIBRARY_PATH"] = (prefix_ / "lib").string();
    core::Notes notes;
    ++answer.replays;
    const probe::TierRun run = run_blas_tiers(request, notes).front();
    if (run.root != accepted.root || !probe::same_orders(run.orders, accepted.orders)) return false;
    const std::string now = probe::detail(answer.run.details, "library");
    const std::string own = "the lock's own `" + path + "`";
    answer.explanations.push_back(
        {now == path ? "`" + path + "` was changed; " + own + " computes what was accepted"
                     : "`" + now + "` is loaded in the place of " + own + ", which computes what was accepted",
         now.starts_with("/") ? "unset LD_LIBRARY_PATH and LD_PRELOAD, or whatever leads to " + now
                              : "`" + lock_.repair + "` puts the lock's file back"});
    return true;
  }

  static std::vector<blas::Change> suspects(const blas::Situation& situation,
                                            const std::vector<std::string>& components) {
    if (situation.now->tier == "blas") return blas::suspects(situation);
    return python_suspects(situation, components);
  }

  std::string on_another_machine(const blas::Change& change) const {
    std::string command;
    for (const auto& [name, value] : change.variables)
      command += value ? name + "=" + *value + " " : "env -u " + name + " ";
    return "this processor lacks " + change.elsewhere + ": try `" + command + gate_.command + "` on one that has it";
  }

  /// The accepted digests and the accepted order of sums, both.
  bool reproduces(const blas::Change& change, const probe::AcceptedTier& accepted, const probe::TierRun& now) {
    const std::vector<probe::TierRun>& runs = replay(change, now);
    return std::any_of(runs.begin(), runs.end(), [&](const probe::TierRun& run) {
      return run.tier == now.tier && run.subject == now.subject && run.root == accepted.root &&
             probe::same_orders(run.orders, accepted.orders);
    });
  }

  /// What a changed environment computes. One run of python answers for all its variants, so it is kept.
  const std::vector<probe::TierRun>& replay(const blas::Change& change, const probe::TierRun& now) {
    const bool is_blas = now.tier == "blas";
    const auto key = std::tuple(is_blas ? now.subject : std::string(), change.variables, change.threads);
    const auto [kept, is_new] = replays_.try_emplace(key);
    if (!is_new) return kept->second;
    TierRequest request = request_;
    request.repeat = 0;
    if (is_blas) request.subject = now.subject;
    if (change.threads > 0) request.threads = change.threads;
    for (const auto& [name, value] : change.variables) {
      request.variables.erase(name);
      request.environment.erase(name);
      if (value) request.environment[name] = *value;
    }
    core::Notes notes;  // what it says there is to say was said already
    kept->second = is_blas ? run_blas_tiers(request, notes) : run_python_tiers(request);
    return kept->second;
  }

  void find_missing() {
    const probe::AcceptedClass* known = baseline_.find(gate_.hardware);
    if (known == nullptr) return;
    for (const probe::AcceptedTier& tier : known->tiers) {
      const bool found = std::any_of(gate_.tiers.begin(), gate_.tiers.end(), [&](const report::TierAnswer& answer) {
        return answer.run.tier == tier.tier && answer.run.subject == tier.subject;
      });
      if (!found)
        gate_.missing.push_back(tier.tier == "blas" ? "the BLAS of `" + tier.subject + "`"
                                                    : tier.tier + " (`" + tier.subject + "`)");
    }
  }

  void accept() {
    refuse_what_is_wrong();
    warn_of_variables();
    std::vector<probe::AcceptedTier> tiers;
    for (const report::TierAnswer& answer : gate_.tiers) {
      tiers.push_back(probe::accept(answer.run, bind_files(answer.run.mapped, prefix_, packages_)));
    }
    baseline_.tiers_spec = probe::kTiersVersion;
    baseline_.replace(gate_.hardware, std::move(tiers));
    core::write_file_atomically(file_, probe::format(baseline_));
    gate_.accepted = true;
    gate_.missing.clear();
    for (report::TierAnswer& answer : gate_.tiers) answer.standing = Standing::accepted;
  }

  /// What only this shell sets, another one will not have.
  void warn_of_variables() {
    blas::Situation situation{.environment = request_.environment};
    for (const auto& [name, value] : request_.variables) situation.environment.erase(name);
    for (const blas::Change& change : blas::set_variables(situation)) {
      if (change.variables.size() != 1) continue;
      const std::string& name = change.variables.begin()->first;
      out_.notes.warning(
          {.code = "accepted-under-variable",
           .what = "what was accepted was computed with `" + name + "` set, which is no part of the lock",
           .where = std::nullopt,
           .why = {"have " + core::printable(name + "=" + situation.environment[name])},
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
  std::filesystem::path file_;
  probe::Baseline baseline_;
  TierRequest request_;
  std::vector<prefix::InstalledPackage> packages_;
  snapshot::Machine machine_;
  /// By subject, variables and threads.
  std::map<std::tuple<std::string, std::map<std::string, std::optional<std::string>>, int>, std::vector<probe::TierRun>>
      replays_;
  report::ProbeGate gate_;
};

}  // namespace

report::ProbeGate run_probe_gate(const std::filesystem::path& prefix, const GateLock& lock, const ProbeGateArgs& args,
                                 Out& out) {
  return Gate(prefix, lock, args, out).run();
}

}  // namespace envlock::tools
