#pragma once

namespace envlock::kernels {

constexpr float kGeluCubic = 0x1.6e4e26p-5f;        ///< 0.044715
constexpr float kGeluCubicTimes3 = 0x1.12ba9cp-3f;  ///< 3 * kGeluCubic, rounded
constexpr float kGeluScale = 0x1.988454p-1f;        ///< sqrt(2 / pi)

/// GELU in its tanh form.
/// Shapes: all alike; a Range counts elements. `tanh` keeps the inner tanh for the backward pass: it is not digested.
/// Source: Hendrycks and Gimpel 2016; docs/probe-spec.md, "Forward".
struct GeluForward {
  const float* u = nullptr;
  float* tanh = nullptr;
  float* out = nullptr;
};

/// du = dy * gelu'(u).
struct GeluBackward {
  const float* dy = nullptr;
  const float* u = nullptr;
  const float* tanh = nullptr;
  float* du = nullptr;
};

}  // namespace envlock::kernels
