#pragma once

#include <string>
#include <vector>

#include "envlock/diff/diff.h"

namespace envlock::diff {

/// What a build says by itself: its build string ("cuda118py310_0", "cpu_mkl_py39", "py3.10_cuda11.8_cudnn8_0") or
/// local version ("2.3.0+cu121", "+cpu").
Flavour flavour_of_build(const Item& item);
/// As above, else what its dependencies say: `cuda-version`, `cudatoolkit`, `__cuda`, `pytorch-cuda`, `cpuonly`.
Flavour flavour_of(const Item& item);

/// Fills in flavours and `cpu_build` of the changes of a platform: of each by its builds, and of pairs such as
/// `faiss-gpu` that went and `faiss-cpu` that came. `knows_depends`: both sides tell dependencies.
void judge_flavours(std::vector<Change>& changes, bool knows_depends);

}  // namespace envlock::diff
