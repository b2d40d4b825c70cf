#pragma once

#include "envlock/probe/baseline.h"
#include "envlock/snapshot/snapshot.h"

namespace envlock::tools {

/// The class of this machine for a tier of the processor that runs on so many threads.
probe::HardwareClass hardware_class(const snapshot::Machine& machine, int threads);

/// The class of one of its GPUs, for a tier that computes there alone: the processor does not matter.
probe::HardwareClass hardware_class(const snapshot::Machine& machine, const probe::GpuClass& gpu);

}  // namespace envlock::tools
