#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "envlock/core/digest.h"
#include "envlock/probe/plan.h"
#include "envlock/probe/schedule.h"

namespace envlock::probe {

/// What came out of the initial state or of one step.
struct StepResult {
  std::vector<core::Sha256> roots;  ///< tensor roots, in the order of initial_tensors or Plan::digested
  std::vector<std::uint64_t> nans;  ///< NaNs found in each
  float loss = 0;                   ///< not of the initial state
};

/// Computes a plan somewhere. One object is one replica: it holds the parameters and the optimiser's state.
class Backend {
 public:
  virtual ~Backend() = default;
  /// Sets parameters and optimiser to their initial values and digests the parameters.
  virtual StepResult start() = 0;
  /// One training step. Steps come in order, from 0, after start().
  virtual StepResult step(const StepInputs& inputs) = 0;
  /// The bits of a tensor as the last start() or step() left them.
  virtual std::vector<std::uint32_t> read(TensorId tensor) = 0;
};

}  // namespace envlock::probe
