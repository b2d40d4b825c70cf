// The tiers of the GPUs that this process is shown: `cublas`, of an environment's cuBLAS and cuBLASLt, and `torch`.
#pragma once

#include <string>
#include <vector>

#include "envlock/blas/cublas.h"
#include "envlock/core/diagnostic.h"
#include "envlock/probe/baseline.h"
#include "probe_tiers.h"

namespace envlock::tools {

struct GpuTier {
  probe::GpuClass gpu;
  std::string device;  ///< "cuda:0"
  probe::TierRun run;
};

struct GpuTiers {
  std::vector<GpuTier> tiers;
  /// Why nothing was run although the environment has something to run, in words for one line; empty where there is
  /// none to run, and where it ran.
  std::string skipped;
};

/// The cuBLAS of an environment. What is wrong with it is a note.
std::optional<blas::CublasLibrary> find_cublas_of(const TierRequest& request, core::Notes& notes);

/// Each way of cuBLAS to multiply on each GPU, each in a process of its own and again in `repeat` fresh ones; of a
/// request with `torch_on_gpu` then python's torch, in the same way. Nothing is started where the environment has
/// neither, and nothing but a question to the driver where there is no GPU. Of a request with a device only that one is
/// run, and its class is not asked for.
GpuTiers run_gpu_tiers(const TierRequest& request, core::Notes& notes);

}  // namespace envlock::tools
