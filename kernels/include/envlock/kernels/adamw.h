#pragma once

namespace envlock::kernels {

constexpr float kAdamBeta1 = 0x1.ccccccp-1f;     ///< 0.9
constexpr float kAdamRest1 = 0x1.99999ap-4f;     ///< 0.1
constexpr float kAdamBeta2 = 0x1.e66666p-1f;     ///< 0.95
constexpr float kAdamRest2 = 0x1.99999ap-5f;     ///< 0.05
constexpr float kAdamEpsilon = 0x1.5798eep-27f;  ///< 1e-8
constexpr float kAdamDecay = 0x1.99999ap-4f;     ///< of parameters with two dimensions

/// What changes from step to step, the same for all parameters.
struct AdamWStep {
  float learning_rate = 0;
  float correction1 = 0;  ///< 1 / (1 - beta1^(s+1)), by running products
  float correction2 = 0;
};

/// One AdamW update in place, of gradients scaled by *scale.
/// Shapes: all alike; a Range counts elements.
/// Source: Loshchilov and Hutter 2019; docs/probe-spec.md, "Optimiser".
struct AdamW {
  AdamWStep step;
  float decay = 0;
  const float* scale = nullptr;
  const float* gradient = nullptr;
  float* m = nullptr;
  float* v = nullptr;
  float* parameter = nullptr;
};

}  // namespace envlock::kernels
