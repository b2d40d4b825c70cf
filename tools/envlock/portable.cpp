#include "portable.h"

#include <algorithm>
#include <utility>

namespace envlock::tools {
namespace {

using report::PinProof;

bool is_one_of(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<probe::TierRun> run_quietly(const TierRequest& request) {
  core::Notes notes;  // what there is to say of the environment was said when it was run as it is
  return run_all_tiers(request, notes);
}

bool all_consistent(const std::vector<probe::TierRun>& runs) {
  return !runs.empty() && std::all_of(runs.begin(), runs.end(), [](const probe::TierRun& run) {
    return judge(run) == probe::TierVerdict::consistent;
  });
}

/// How many digests of one are not those of the other; tiers that only one has count in full.
std::uint64_t count_differing(const std::vector<probe::TierRun>& left, const std::vector<probe::TierRun>& right) {
  std::uint64_t differing = 0;
  for (const probe::TierRun& run : left) {
    const auto other = std::find_if(right.begin(), right.end(), [&](const probe::TierRun& each) {
      return each.tier == run.tier && each.subject == run.subject;
    });
    if (other == right.end()) return differing + 1;
    if (const auto first = probe::first_difference(run, *other)) differing += first->differing_ops;
    if (run.root != other->root && differing == 0) differing = 1;
  }
  return differing;
}

TierRequest with_pins(TierRequest request, const std::vector<probe::Pin>& pins) {
  for (const probe::Pin& pin : pins) request.variables[pin.variable] = pin.value;
  return request;
}

TierRequest without(TierRequest request, probe::Chooser chooser, const std::vector<probe::Pin>& pins) {
  for (const probe::Pin& pin : pins) {
    if (pin.chooser != chooser) continue;
    request.variables.erase(pin.variable);
    request.environment.erase(pin.variable);
  }
  return request;
}

/// Pins under which a tier fails alone, as where a library knows no such value and ends its process.
std::vector<probe::Pin> refused_pins(const TierRequest& request, const std::vector<probe::Pin>& pins) {
  std::vector<probe::Pin> refused;
  for (const probe::Pin& pin : pins) {
    if (!all_consistent(run_quietly(with_pins(request, {pin})))) refused.push_back(pin);
  }
  return refused;
}

/// What the library says of itself; else what becomes of the bits when the pin is taken away.
PinProof prove(const probe::Pin& pin, const std::vector<probe::Pin>& pins, const TierRequest& pinned,
               const std::vector<probe::TierRun>& runs) {
  PinProof proof{.pin = pin};
  for (const probe::TierRun& run : runs) {
    const std::optional<bool> took = probe::took_pin(pin, run);
    if (!took) continue;
    proof.state = *took ? PinProof::State::named : PinProof::State::ignored;
    proof.kernel = probe::detail(run.details, "kernel");
    return proof;
  }
  TierRequest less = without(pinned, pin.chooser, pins);
  less.repeat = 0;
  proof.differing = count_differing(runs, run_quietly(less));
  proof.state = proof.differing > 0 ? PinProof::State::changes : PinProof::State::no_difference;
  return proof;
}

report::MachineCheck check(TierRequest request, const std::vector<probe::TierRun>& runs, const std::string& name,
                           const std::string& value) {
  request.repeat = 0;
  request.variables[name] = value;
  return {.setting = name + "=" + value, .same = count_differing(runs, run_quietly(request)) == 0};
}

}  // namespace

std::vector<probe::TierRun> run_all_tiers(const TierRequest& request, core::Notes& notes) {
  std::vector<probe::TierRun> runs = run_blas_tiers(request, notes);
  for (probe::TierRun& run : run_python_tiers(request)) runs.push_back(std::move(run));
  return runs;
}

std::vector<report::MachineCheck> check_other_machines(const TierRequest& request,
                                                       const std::vector<probe::TierRun>& runs,
                                                       const probe::HardwareClass& reduced) {
  std::vector<report::MachineCheck> checks;
  const std::vector<probe::Chooser> choosers = probe::dispatch_of(runs).choosers;
  const bool has_openblas = std::find(choosers.begin(), choosers.end(), probe::Chooser::openblas) != choosers.end();
  if (reduced.l2_bytes == 0 && has_openblas) {
    for (const char* kibibytes : {"256", "4096"}) {
      checks.push_back(check(request, runs, "OPENBLAS_L2_SIZE", kibibytes));
    }
  }
  // glibc's own functions choose as well, and no variable but this says how.
  std::string hidden;
  for (const auto& [isa, name] : {std::pair("avx512f", "AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD"),
                                  std::pair("avx2", "AVX2"), std::pair("fma", "FMA")}) {
    if (!is_one_of(reduced.isa, isa)) hidden += (hidden.empty() ? "-" : ",-") + std::string(name);
  }
  if (!hidden.empty()) checks.push_back(check(request, runs, "GLIBC_TUNABLES", "glibc.cpu.hwcaps=" + hidden));
  return checks;
}

report::Portable prove_portable(const TierRequest& request, const std::vector<probe::TierRun>& runs,
                                const probe::HardwareClass& full) {
  report::Portable portable{.today = full};
  const probe::Dispatch dispatch = probe::dispatch_of(runs);
  portable.unknown = dispatch.unknown;
  std::vector<probe::Pin> pins = probe::propose_pins(dispatch, full);
  if (pins.empty()) return portable;
  TierRequest pinned = with_pins(request, pins);
  pinned.repeat = std::max(1, request.repeat);
  std::vector<probe::TierRun> under = run_quietly(pinned);
  if (!all_consistent(under)) {
    for (const probe::Pin& pin : refused_pins(request, pins)) {
      portable.pins.push_back({.pin = pin, .state = PinProof::State::refused});
      std::erase(pins, pin);
    }
    pinned = with_pins(request, pins);
    pinned.repeat = std::max(1, request.repeat);
    under = run_quietly(pinned);
  }
  portable.consistent = all_consistent(under);
  if (!portable.consistent) return portable;
  std::map<std::string, std::string> variables = request.variables;
  for (const probe::Pin& pin : pins) {
    portable.pins.push_back(prove(pin, pins, pinned, under));
    if (portable.pins.back().is_proposed()) variables[pin.variable] = pin.value;
  }
  portable.hardware = probe::reduced_class(full, dispatch, variables);
  if (portable.hardware) portable.checks = check_other_machines(pinned, under, *portable.hardware);
  return portable;
}

}  // namespace envlock::tools
