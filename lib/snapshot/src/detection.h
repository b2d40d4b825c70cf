#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cuda_driver.h"
#include "envlock/snapshot/machine.h"

namespace envlock::snapshot {

/// As the public function; also hands out what the driver said, when it was asked (overrides may make that needless).
std::vector<conda::VirtualPackage> detect_virtual_packages(core::Notes& notes, const MachineSources& sources,
                                                           std::optional<CudaDriver>& driver);

/// "12.9" of 12090.
std::string format_cuda_version(int version);

}  // namespace envlock::snapshot
