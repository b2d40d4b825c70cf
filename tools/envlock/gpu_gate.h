// What `verify --probe` does with tiers of GPUs alone.
#pragma once

#include <string>
#include <vector>

#include "envlock/report/tier_report.h"
#include "gpu_tiers.h"
#include "probe_gate.h"

namespace envlock::tools {

/// Where the environment's cuBLAS is not the accepted one: does the lock's own give the accepted bits? Then it is told
/// as the cause. `request` is the gate's.
bool explain_cublas_by_the_lock(const probe::AcceptedTier& accepted, const GateLock& lock, TierRequest request,
                                report::TierAnswer& answer);

/// Tells as the cause that another way to multiply, on the same GPU, computes now what was accepted of this one.
void explain_by_other_mode(const probe::AcceptedTier& accepted, const std::vector<GpuTier>& tiers,
                           report::TierAnswer& answer);

/// Two GPUs of one class that compute different bits, in words; empty where there are none.
std::vector<std::string> gpus_that_disagree(const std::vector<report::TierAnswer>& answers);

/// GPUs that the baseline knows and that are not among those here.
std::vector<probe::GpuClass> gpus_elsewhere(const probe::Baseline& baseline,
                                            const std::vector<report::TierAnswer>& answers);

}  // namespace envlock::tools
