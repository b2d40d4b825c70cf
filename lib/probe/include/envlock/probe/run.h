#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "envlock/probe/backend.h"
#include "envlock/probe/cpu_backend.h"
#include "envlock/probe/run_document.h"

namespace envlock::probe {

struct RunOptions {
  int steps = 0;  ///< 0: as many as the size has
  /// Makes the backend of one part; called once for each.
  std::function<std::unique_ptr<Backend>(FpMode)> make_backend;
  /// Tensors to keep in the document, of the reference part; step -1 is the initial state.
  std::vector<Place> dumps;
  /// Called after every step with how many of all are done.
  std::function<void(int done, int all)> progress;
  int threads = 1;  ///< whose floating-point environment is looked at
};

/// The tensors that are digested, of the initial state and of every step, as they enter their op digests.
std::vector<OpInfo> initial_ops(const Plan& plan);
std::vector<OpInfo> step_ops(const Plan& plan);

/// Runs the parts, holds the reference part against the golden digests while it goes on, and judges.
/// At the first digest that is not golden the tensor's leaves and a bounded dump are kept, and the tensor is computed
/// again by this machine's CPU kernels, until one of them gives the golden digest and so tells which elements are
/// wrong. Throws: Error "unknown-op" for a dump of a tensor that there is not, "too-many-steps"; what the backend
/// throws.
RunDocument run(const Plan& plan, const RunOptions& options);

/// Adds what a second run of the same, in a fresh process, says of the first. The parts as found are compared only
/// where all threads of both runs had the same settings: else nobody says that they must agree.
void attach_repeat(RunDocument& document, const RunDocument& repeat);

}  // namespace envlock::probe
