// The sections of the tier, one function each. All append their findings to the run.
#pragma once

#include <cstddef>
#include <string>

#include "bounds.h"
#include "envlock/probe/plan.h"
#include "loaded_library.h"

namespace envlock::blas {

/// Products of small integers, which must be exact, then products of random numbers, which must lie within the bound:
/// sections "integers" and "battery".
void compute_integers(const Product& product, Reference& reference, std::size_t shift, probe::TierRun& run);
void compute_battery(const Product& product, Reference& reference, std::size_t shift, probe::TierRun& run);

/// The vector functions and two products with operands at 16 addresses, 4 bytes apart: section "alignment".
void compute_alignment(const Product& product, const VectorFunctions& vectors, probe::TierRun& run);

/// One product whole, by single rows, and by seven rows at a time: section "rows".
void compute_rows(const Product& product, std::size_t shift, probe::TierRun& run);

/// The reference model's training with the library's products: section "training".
void compute_training(const Product& product, const probe::Plan& plan, int steps, probe::TierRun& run);

/// The library's products of the reference run's own operands, for the first steps, against the bound.
void check_training_bounds(const Product& product, Reference& reference, const probe::Plan& plan, int steps,
                           probe::TierRun& run);

}  // namespace envlock::blas
