#include "device.h"

CONSTANT double kPolynomial[6] = {1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1.0, 1.0};

// y = exp(x) by a fixed sequence of double operations: 2^n by the exponent field, a polynomial for the rest.
KERNEL exponential(const float* x, float* y, int count) {
  const int i = block_x() * block_size_x() + thread_x();
  if (i >= count) return;
  const double value = static_cast<double>(x[i]);
  const double scaled = mul(value, 1.4426950408889634);
  const int n = static_cast<int>(scaled + (scaled < 0 ? -0.5 : 0.5));
  const double rest = fma(static_cast<double>(-n), 0.6931471805599453, value);
  double sum = kPolynomial[0];
  for (int c = 1; c < 6; ++c) sum = fma(sum, rest, kPolynomial[c]);
  const double power = __builtin_bit_cast(double, static_cast<uint64_t>(n + 1023) << 52);
  y[i] = static_cast<float>(mul(sum, power));
}

// One AdamW step; also counts nothing, moves nothing else.
KERNEL adamw(float* weight, float* mean, float* variance, const float* gradient, int count, float rate, float decay) {
  const int i = block_x() * block_size_x() + thread_x();
  if (i >= count) return;
  const float g = gradient[i];
  const float m = fma(0.9f, mean[i], mul(0.1f, g));
  const float v = fma(0.95f, variance[i], mul(0.05f, mul(g, g)));
  mean[i] = m;
  variance[i] = v;
  const float update = add(div(m, add(sqrt(v), 1e-8f)), mul(decay, weight[i]));
  weight[i] = sub(weight[i], mul(rate, update));
}

// Bytes to table rows: sub-word loads, 64-bit addresses.
KERNEL embed(const uint8_t* tokens, const float* table, float* out, int columns) {
  const int token = tokens[block_x()];
  for (int c = thread_x(); c < columns; c += block_size_x())
    out[static_cast<long long>(block_x()) * columns + c] = table[token * columns + c];
}
