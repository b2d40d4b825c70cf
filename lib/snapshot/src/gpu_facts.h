#pragma once

#include <optional>
#include <string>
#include <vector>

#include "envlock/snapshot/snapshot.h"

namespace envlock::snapshot {

/// What NVML, and libcuda where NVML does not know, say of the GPUs.
struct GpuFacts {
  std::string driver;                  ///< "550.54.15"; "" when it was not told
  std::vector<Gpu> gpus;               ///< in NVML's order; in libcuda's where there is no NVML
  std::optional<std::string> failure;  ///< why there is no answer, or not the whole one; absent without a driver
};

/// Asks in a child process that is killed after the time given. All devices count, CUDA_VISIBLE_DEVICES aside.
GpuFacts ask_gpu_facts(const std::string& cuda_library, const std::string& nvml_library, int milliseconds);

}  // namespace envlock::snapshot
