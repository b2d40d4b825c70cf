#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "envlock/kernels/adamw.h"
#include "envlock/probe/size.h"

namespace envlock::probe {

/// The bundled text. Its SHA-256 is checked when it is first used.
/// Throws: Error "probe-corpus" when this program carries another text than the page names.
std::string_view corpus();

/// What a step is given: its batch and the numbers that change from step to step.
struct StepInputs {
  int step = 0;
  std::vector<std::uint32_t> tokens;   ///< (B,T)
  std::vector<std::uint32_t> targets;  ///< (B,T)
  kernels::AdamWStep adam;
};

/// Makes the inputs of step 0, 1, ... in turn.
/// Source: docs/probe-spec.md, "Data" and "Optimiser".
class Schedule {
 public:
  explicit Schedule(const Size& size) : size_(size) {}
  StepInputs next();

 private:
  Size size_;
  int step_ = 0;
  float product1_ = 1;
  float product2_ = 1;
};

}  // namespace envlock::probe
