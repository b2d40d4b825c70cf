#include "device.h"

// C (M,N) = A (M,K) * B (K,N), row-major. One block of 256 threads makes a 64x64 tile, each thread 4x4 of it; the sum
// of each output runs over k descending: the wrong order, which a comparison must find, whatever the tiles.
KERNEL gemm(const float* a, const float* b, float* c, int m, int n, int k) {
  SHARED float a_tile[16][68];
  SHARED float b_tile[16][64];
  const int t = thread_x();
  const int row0 = block_y() * 64, column0 = block_x() * 64;
  const int tx = t % 16, ty = t / 16;
  float sum[4][4] = {};
  for (int k0 = (k - 1) / 16 * 16; k0 >= 0; k0 -= 16) {
    for (int i = t; i < 64 * 16; i += 256) {
      const int row = i / 16, kk = i % 16;
      a_tile[kk][row] = row0 + row < m && k0 + kk < k ? a[(row0 + row) * k + k0 + kk] : 0.0f;
    }
    for (int i = t; i < 64 * 16; i += 256) {
      const int kk = i / 64, column = i % 64;
      b_tile[kk][column] = k0 + kk < k && column0 + column < n ? b[(k0 + kk) * n + column0 + column] : 0.0f;
    }
    barrier();
    const int depth = k - k0 < 16 ? k - k0 : 16;
    for (int kk = depth - 1; kk >= 0; --kk) {
      float left[4], right[4];
      for (int i = 0; i < 4; ++i) left[i] = a_tile[kk][ty * 4 + i];
      for (int j = 0; j < 4; ++j) right[j] = b_tile[kk][tx * 4 + j];
      for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j) sum[i][j] = fma(left[i], right[j], sum[i][j]);
    }
    barrier();
  }
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) {
      const int row = row0 + ty * 4 + i, column = column0 + tx * 4 + j;
      if (row < m && column < n) c[row * n + column] = sum[i][j];
    }
}
