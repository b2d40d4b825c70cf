#pragma once

#include <optional>
#include <string>

namespace envlock::snapshot {

/// What the NVIDIA driver of this machine said.
struct CudaDriver {
  std::optional<int> version;            ///< as the driver counts: 12090 for 12.9
  std::optional<int> lowest_capability;  ///< of all devices: 86 for 8.6
  std::optional<std::string> failure;    ///< why there is no answer, or not the whole one; absent without a driver
};

/// Asks libcuda, then NVML, in a child process that is killed after the time given.
CudaDriver ask_cuda_driver(const std::string& cuda_library, const std::string& nvml_library, int milliseconds);

}  // namespace envlock::snapshot
