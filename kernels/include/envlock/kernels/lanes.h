#pragma once

namespace envlock::kernels {

constexpr int kLaneColumns = 64;
constexpr int kFtzRows = 6;
constexpr int kDazRows = 7;

/// Operations on constants whose results (ftz) or inputs (daz) are subnormal: what a machine that flushes them to zero
/// gets wrong, though no ordinary training step would show it.
/// Shapes: ftz (6,64), daz (7,64); a Range counts columns.
/// Source: docs/probe-spec.md, "Underflow lanes".
struct UnderflowLanes {
  float* ftz = nullptr;
  float* daz = nullptr;
};

}  // namespace envlock::kernels
