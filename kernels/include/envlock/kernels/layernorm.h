#pragma once

namespace envlock::kernels {

/// 1e-5, rounded to float32.
constexpr float kLayerNormEpsilon = 0x1.4f8b58p-17f;

/// Normalizes each row: out = (x - mean) * rstd * weight + bias, with rstd = 1 / sqrt(var + epsilon).
/// Shapes: x, out (N,C); weight, bias (C); mean, rstd (N), kept for the backward pass; a Range counts rows.
/// Order: mean is sum32 over c, var is dot32 of the deviations (two passes).
/// Source: Ba et al. 2016, eq. 3; docs/probe-spec.md, "Forward".
struct LayerNormForward {
  int C = 0;
  const float* x = nullptr;
  const float* weight = nullptr;
  const float* bias = nullptr;
  float* mean = nullptr;
  float* rstd = nullptr;
  float* out = nullptr;
};

/// dx of a row, added to what comes past the normalization on the residual path, where there is such a path.
/// Shapes: dy, x, upstream, dx (N,C); weight (C); mean, rstd (N); a Range counts rows.
/// Order: the two row means are sum32 and dot32 over c.
struct LayerNormBackward {
  int C = 0;
  const float* dy = nullptr;
  const float* x = nullptr;
  const float* mean = nullptr;
  const float* rstd = nullptr;
  const float* weight = nullptr;
  const float* upstream = nullptr;  ///< absent: dx alone
  float* dx = nullptr;
};

/// The gradients of weight and bias.
/// Shapes: dy, x (N,C); mean, rstd (N); dweight, dbias (C); a Range counts columns. Rows must be 4-byte floats without
/// gaps.
/// Order: for each column dot32 (weight) and sum32 (bias) over the rows n = 0 .. N-1.
struct LayerNormWeightGradient {
  int N = 0;
  int C = 0;
  const float* dy = nullptr;
  const float* x = nullptr;
  const float* mean = nullptr;
  const float* rstd = nullptr;
  float* dweight = nullptr;
  float* dbias = nullptr;
};

}  // namespace envlock::kernels
