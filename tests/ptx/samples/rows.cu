#include "device.h"

// One warp a row: 32 strided lanes, each ascending, then halving with shuffles.
KERNEL row_sum(const float* x, float* sums, int rows, int columns) {
  const int lane = thread_x() % 32;
  const int row = block_x() * (block_size_x() / 32) + thread_x() / 32;
  if (row >= rows) return;
  float sum = 0.0f;
  for (int c = lane; c < columns; c += 32) sum = add(sum, x[row * columns + c]);
  for (int offset = 16; offset > 0; offset /= 2) sum = add(sum, shuffle_down(sum, offset));
  if (lane == 0) sums[row] = sum;
}

// 256 values a block through shared memory, then halving with barriers.
KERNEL block_sum(const float* x, float* sums, int count) {
  SHARED float part[256];
  const int t = thread_x();
  const int i = block_x() * 256 + t;
  part[t] = i < count ? x[i] : 0.0f;
  barrier();
  for (int half = 128; half > 0; half /= 2) {
    if (t < half) part[t] = add(part[t], part[t + half]);
    barrier();
  }
  if (t == 0) sums[block_x()] = part[0];
}

// y = (x - mean) / sqrt(variance + eps) of each row; every lane holds the sum through xor shuffles.
KERNEL row_normalise(const float* x, float* y, int columns, float epsilon) {
  const int lane = thread_x();
  const float* row = x + block_x() * columns;
  float sum = 0.0f;
  for (int c = lane; c < columns; c += 32) sum = add(sum, row[c]);
  for (int offset = 16; offset > 0; offset /= 2) sum = add(sum, shuffle_xor(sum, offset));
  const float mean = div(sum, static_cast<float>(columns));
  float squares = 0.0f;
  for (int c = lane; c < columns; c += 32) {
    const float centred = sub(row[c], mean);
    squares = fma(centred, centred, squares);
  }
  for (int offset = 16; offset > 0; offset /= 2) squares = add(squares, shuffle_xor(squares, offset));
  const float scale = div(1.0f, sqrt(add(div(squares, static_cast<float>(columns)), epsilon)));
  for (int c = lane; c < columns; c += 32) y[block_x() * columns + c] = mul(sub(row[c], mean), scale);
}
