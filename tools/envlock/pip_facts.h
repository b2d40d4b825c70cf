#pragma once

#include <vector>

#include "envlock/conda/platform.h"
#include "envlock/core/diagnostic.h"
#include "envlock/resolve/pypi.h"
#include "lock_solve.h"

namespace envlock::tools {

/// Says aloud when wheels are made for CUDA and the platform assumes none, or one with an older driver. What a wheel is
/// made for is told by its local version label (torch 2.5.1+cu121) and by the nvidia-*-cuNN distributions it needs.
void note_cuda_wheels(const conda::Platform& platform, const resolve::PypiSolution& solution, core::Notes& notes);

/// Adds the notes of all platforms: what several say is told once, with all their names where it names one.
void append_merged(const std::vector<PlatformOutcome>& outcomes, const std::vector<core::Notes>& of_platforms,
                   core::Notes& notes);

}  // namespace envlock::tools
