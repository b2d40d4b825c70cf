#include "replays.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>

#include "cublas_tiers.h"
#include "tier_children.h"

namespace envlock::tools {
namespace {

constexpr std::uint64_t kAll = std::numeric_limits<std::uint32_t>::max();

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

/// The number in "cuda:1".
int device_of(const probe::TierRun& run) {
  const std::string device = probe::detail(run.details, "device");
  return device.starts_with("cuda:") ? std::atoi(device.c_str() + 5) : 0;
}

/// Which library is loaded can change with these.
bool moves_libraries(const blas::Change& change) {
  return change.variables.contains("LD_LIBRARY_PATH") || change.variables.contains("LD_PRELOAD");
}

std::vector<probe::TierRun> run_cublas(TierRequest request, const probe::TierRun& now, bool find_again) {
  request.subject = now.subject;
  request.device = device_of(now);
  if (find_again) request.cublas.reset();
  core::Notes notes;
  std::vector<probe::TierRun> runs;
  for (GpuTier& tier : run_cublas_tiers(request, notes).tiers) runs.push_back(std::move(tier.run));
  return runs;
}

std::uint64_t count_differing(const probe::AcceptedTier& accepted, const probe::TierRun& run) {
  if (run.outcome != probe::TierRun::Outcome::ran) return kAll;
  const probe::TierComparison comparison = probe::compare(accepted, run, {});
  return comparison.first ? comparison.first->differing_ops : comparison.equal ? 0 : kAll;
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

const std::vector<probe::TierRun>& Replays::run(const blas::Change& change, const probe::TierRun& now,
                                                double most_seconds) {
  const bool is_blas = now.tier == "blas";
  const bool is_cublas = now.tier == "cublas";
  const std::string subject = is_blas     ? now.subject
                              : is_cublas ? probe::detail(now.details, "device") + " " + now.subject
                                          : std::string();
  const auto key = std::tuple(subject, change.variables, change.threads);
  const auto [kept, is_new] = runs_.try_emplace(key);
  if (!is_new) return kept->second;
  TierRequest request = changed(request_, change);
  if (is_blas) request.subject = now.subject;
  request.most_seconds = std::min(request.most_seconds, most_seconds);
  if (is_cublas) return kept->second = run_cublas(std::move(request), now, moves_libraries(change));
  core::Notes notes;  // what it says there is to say was said already
  kept->second = is_blas ? run_blas_tiers(request, notes) : run_python_tiers(request);
  return kept->second;
}

Replay Replays::attempt(const blas::Change& change, const probe::AcceptedTier& accepted, const probe::TierRun& now,
                        double most_seconds) {
  for (const probe::TierRun& run : run(change, now, most_seconds)) {
    if (run.tier != now.tier || run.subject != now.subject) continue;
    return {run.root == accepted.root && probe::same_orders(run.orders, accepted.orders),
            count_differing(accepted, run)};
  }
  return {false, kAll};
}

}  // namespace envlock::tools
