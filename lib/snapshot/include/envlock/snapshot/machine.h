#pragma once

#include <optional>
#include <string>
#include <vector>

#include "envlock/conda/platform.h"
#include "envlock/core/diagnostic.h"

namespace envlock::snapshot {

/// The virtual packages of the machine this program runs on, CONDA_OVERRIDE_* applied, sorted by name.
/// `__cuda` comes from the driver (libcuda.so.1, then NVML), never from a toolkit; `__cuda_arch` is the lowest compute
/// capability. Source: CEP 30, CEP 46. A probe that fails leaves its package out and says why in notes.
std::vector<conda::VirtualPackage> detect_virtual_packages(core::Notes& notes);

}  // namespace envlock::snapshot
