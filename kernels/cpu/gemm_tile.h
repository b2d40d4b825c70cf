// The innermost loop of gemm: one tile of c, held in registers while k runs through one block. Each register lane is
// the accumulator of one output, so the width of the vector and the size of the tile do not show in the bits.
#pragma once

#include <cstddef>

#include "vec.h"

namespace envlock::kernels::ENVLOCK_ISA {
namespace {

/// What a tile reads and writes. a(i,k) is a[i * a_row + k] or a[k * a_k + i], as the tile's layout says;
/// b(k,j) is b[k * b_k + j], readable in whole vectors; the first `columns` columns of c are written.
struct TileOperands {
  const float* a;
  std::ptrdiff_t a_step;  ///< from row to row (Layout::rows) or from k to k (Layout::columns), in elements
  const float* b;
  std::ptrdiff_t b_step;  ///< from k to k
  float* c;
  std::ptrdiff_t ldc;
  int K;
  int columns;
  bool resumes;  ///< the chains go on from what c holds; otherwise they start from +0
};

/// How a lies in memory: one row of it after another, or one column (all rows at the same k) after another.
enum class Layout { rows, columns };

using TileFunction = void (*)(const TileOperands&);

#if defined(__AVX512F__)
constexpr int kTileRows = 14;  // 28 accumulators, two vectors of b, one broadcast: 31 of 32 registers
constexpr int kTileVectors = 2;
#elif defined(__AVX2__)
constexpr int kTileRows = 6;  // 12 + 2 + 1 of 16 registers
constexpr int kTileVectors = 2;
#elif defined(ENVLOCK_ISA_IS_NEON)
constexpr int kTileRows = 12;  // 24 + 2 + 1 of 32 registers
constexpr int kTileVectors = 2;
#else
constexpr int kTileRows = 3;
constexpr int kTileVectors = 4;
#endif
constexpr int kTileColumns = kTileVectors * F32::kLanes;

/// One step of k for all outputs of the tile. Rows are addressed three to a pointer: x86 scales an index by 1 and 2.
template <int kRows, int kVectors, Layout kLayout>
ENVLOCK_INLINE void tile_step(F32 (&sums)[kRows][kVectors], const float* const (&a)[(kRows + 2) / 3],
                              std::ptrdiff_t a_step, std::ptrdiff_t k, const float* b) {
  F32 columns[kVectors];
  for (int v = 0; v < kVectors; ++v) columns[v] = load(b + v * F32::kLanes);
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
    const F32 factor = broadcast(kLayout == Layout::rows ? a[i / 3][(i % 3) * a_step + k] : a[0][k * a_step + i]);
    for (int v = 0; v < kVectors; ++v) sums[i][v] = fma(factor, columns[v], sums[i][v]);
  }
}

template <int kRows, int kVectors, Layout kLayout>
void tile(const TileOperands& t) {
  F32 sums[kRows][kVectors];
  const int last = t.columns - (kVectors - 1) * F32::kLanes;  // columns of the last vector: 1 .. kLanes
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      const float* c = t.c + i * t.ldc + v * F32::kLanes;
      sums[i][v] = !t.resumes ? broadcast(0.0f) : v + 1 < kVectors ? load(c) : load_part(c, last);
    }
  }
  const float* a[(kRows + 2) / 3];
  for (int group = 0; group < (kRows + 2) / 3; ++group) a[group] = t.a + 3 * group * t.a_step;
  const float* b = t.b;
  const std::ptrdiff_t a_step = t.a_step;
  const std::ptrdiff_t b_step = t.b_step;
  int k = 0;
  for (; k + 4 <= t.K; k += 4) {
#pragma GCC unroll 4
    for (int next = 0; next < 4; ++next) tile_step<kRows, kVectors, kLayout>(sums, a, a_step, next, b + next * b_step);
    for (int group = 0; group < (kRows + 2) / 3; ++group) a[group] += kLayout == Layout::rows ? 4 : 4 * a_step;
    b += 4 * b_step;
  }
  for (; k < t.K; ++k) {
    tile_step<kRows, kVectors, kLayout>(sums, a, a_step, 0, b);
    for (int group = 0; group < (kRows + 2) / 3; ++group) a[group] += kLayout == Layout::rows ? 1 : a_step;
    b += b_step;
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      float* c = t.c + i * t.ldc + v * F32::kLanes;
      if (v + 1 < kVectors || last == F32::kLanes) {
        store(c, sums[i][v]);
      } else {
        store_part(c, sums[i][v], last);
      }
    }
  }
}

/// The tile of `rows` x (vectors * lanes) outputs, rows in 1 .. kTileRows, vectors in 1 .. kTileVectors.
template <Layout kLayout, int kRows = kTileRows, int kVectors = kTileVectors>
TileFunction tile_function(int rows, int vectors) {
  if constexpr (kRows > 1) {
    if (rows < kRows) return tile_function<kLayout, kRows - 1, kVectors>(rows, vectors);
  }
  if constexpr (kVectors > 1) {
    if (vectors < kVectors) return tile_function<kLayout, kRows, kVectors - 1>(rows, vectors);
  }
  return tile<kRows, kVectors, kLayout>;
}

}  // namespace
}  // namespace envlock::kernels::ENVLOCK_ISA
