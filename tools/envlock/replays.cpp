#include "replays.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "gpu_tiers.h"
#include "tier_children.h"

namespace envlock::tools {
namespace {

constexpr std::uint64_t kAll = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kStopped = kAll / 2;  // more digests than a tier has

TierRequest changed(TierRequest request, const blas::Change& change) {
  request.repeat = 0;
  if (change.threads > 0) {
    request.threads = change.threads;
    for (const std::string& name : blas::thread_variables()) request.variables.erase(name);
  }
  for (const auto& [name, value] : change.variables) {
    request.variables.erase(name);
    request.environment.erase(name);
    // Among the variables of the prefix, which come last: a number of threads would be overruled elsewhere.
    if (value) request.variables[name] = *value;
  }
  return request;
}

/// Which library is loaded can change with these.
bool moves_libraries(const blas::Change& change) {
  return change.variables.contains("LD_LIBRARY_PATH") || change.variables.contains("LD_PRELOAD");
}

std::vector<probe::TierRun> run_cublas(TierRequest request, const probe::TierRun& now, bool find_again) {
  request.subject = now.subject;
  request.device = device_number(probe::detail(now.details, "device"));
  request.torch_on_gpu = false;
  if (find_again) request.cublas.reset();
  core::Notes notes;
  std::vector<probe::TierRun> runs;
  for (GpuTier& tier : run_gpu_tiers(request, notes).tiers) runs.push_back(std::move(tier.run));
  return runs;
}

std::uint64_t count_differing(const probe::AcceptedTier& accepted, const probe::TierRun& run) {
  if (run.outcome != probe::TierRun::Outcome::ran) return kAll;
  const probe::TierComparison comparison = probe::compare(accepted, run, {});
  if (!comparison.first) return comparison.equal ? 0 : kAll;
  // Which stopped are farther than which did not: a battery tells kernels apart that no other section does.
  const bool stopped = run.sections.size() < accepted.sections.size();
  return comparison.first->differing_ops + (stopped ? kStopped : 0);
}

/// The root that a replay's battery must have.
std::optional<core::Sha256> battery_of(const probe::AcceptedTier& accepted) {
  for (const probe::AcceptedSection& section : accepted.sections) {
    if (section.name == "battery") return section.root;
  }
  return std::nullopt;
}

}  // namespace

std::map<std::string, std::string> effective_environment(const TierRequest& request) {
  std::map<std::string, std::string> environment;
  for (const std::string& setting : child_environment(request)) {
    const std::size_t equals = setting.find('=');
    environment[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  return environment;
}

Replays::Replays(TierRequest request) : request_(std::move(request)) {}

const std::vector<probe::TierRun>& Replays::run(const blas::Change& change, const probe::AcceptedTier& accepted,
                                                const probe::TierRun& now, double most_seconds) {
  const bool is_blas = now.tier == "blas";
  const bool is_cublas = now.tier == "cublas";
  const std::string device = probe::detail(now.details, "device");
  const std::string subject = is_blas ? now.subject : is_cublas ? device + " " + now.subject : device;
  const auto key = std::tuple(subject, change.variables, change.threads);
  const auto [kept, is_new] = runs_.try_emplace(key);
  if (!is_new) return kept->second;
  TierRequest request = changed(request_, change);
  if (is_blas) request.subject = now.subject;
  request.battery = battery_of(accepted);
  request.most_seconds = std::min(request.most_seconds, most_seconds);
  if (is_cublas) return kept->second = run_cublas(std::move(request), now, moves_libraries(change));
  if (!device.empty()) request.device = device_number(device);
  core::Notes notes;  // what it says there is to say was said already
  kept->second = is_blas ? run_blas_tiers(request, notes) : run_python_tiers(request);
  return kept->second;
}

Replay Replays::attempt(const blas::Change& change, const probe::AcceptedTier& accepted, const probe::TierRun& now,
                        double most_seconds) {
  for (const probe::TierRun& run : run(change, accepted, now, most_seconds)) {
    if (run.tier != now.tier || run.subject != now.subject) continue;
    return {run.root == accepted.root && probe::same_orders(run.orders, accepted.orders),
            count_differing(accepted, run)};
  }
  return {false, kAll};
}

}  // namespace envlock::tools
