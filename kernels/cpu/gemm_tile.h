// The innermost loop of gemm: one tile of c, held in registers while k runs through one block. Each lane is the
// accumulator of one output, so neither the width of the vector nor the size of the tile shows in the bits.
#pragma once

#include <cstddef>

#include "vec.h"

namespace envlock::kernels::ENVLOCK_ISA {
namespace {

/// What a tile reads and writes. b(k,j) is b[k * b_step + j], readable in whole vectors; the first `columns` columns of
/// c are written.
struct Tile {
  const float* a;
  std::ptrdiff_t a_step;  ///< from row to row, or from k to k, as the layout says
  const float* b;
  std::ptrdiff_t b_step;
  float* c;
  std::ptrdiff_t ldc;
  int K;
  int columns;
  bool resumes;  ///< the chains go on from what c holds; otherwise they start from +0
};

enum class Layout {
  rows,     ///< a(i,k) is a[i * a_step + k]
  columns,  ///< a(i,k) is a[k * a_step + i]
};

// Enough accumulators to hide the latency of fma, few enough to leave registers for b and one factor of a.
constexpr int kTileVectors = 2;
#if defined(__AVX512F__)
constexpr int kTileRows = 14;
#elif defined(__AVX2__)
constexpr int kTileRows = 6;
#elif defined(ENVLOCK_ISA_IS_NEON)
constexpr int kTileRows = 12;
#else
constexpr int kTileRows = 3;
#endif
constexpr int kTileColumns = kTileVectors * F32::kLanes;

// Hides from the compiler how a pointer came about. Without this g++ computes the addresses of all rows ahead of time,
// runs out of registers, and takes as long over them as over the outputs of a short k.
#define ENVLOCK_OPAQUE(pointer) asm("" : "+r"(pointer))

template <int kRows, int kVectors>
using Sums = F32[kRows][kVectors];

template <int kRows, int kVectors>
ENVLOCK_INLINE void start(Sums<kRows, kVectors>& sums, const Tile& t, int last) {
  const float* c = t.c;
  const std::ptrdiff_t ldc = t.ldc;
  if (!t.resumes) {
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[i][v] = broadcast(0.0f);
    }
    return;
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i, c += ldc) {
    ENVLOCK_OPAQUE(c);
#pragma GCC unroll 4
    for (int v = 0; v + 1 < kVectors; ++v) sums[i][v] = load(c + v * F32::kLanes);
    sums[i][kVectors - 1] = load_part(c + (kVectors - 1) * F32::kLanes, last);
  }
}

template <int kRows, int kVectors>
ENVLOCK_INLINE void finish(const Sums<kRows, kVectors>& sums, const Tile& t, int last) {
  float* c = t.c;
  const std::ptrdiff_t ldc = t.ldc;
  if (last == F32::kLanes) {
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i, c += ldc) {
      ENVLOCK_OPAQUE(c);
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) store(c + v * F32::kLanes, sums[i][v]);
    }
    return;
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i, c += ldc) {
    ENVLOCK_OPAQUE(c);
#pragma GCC unroll 4
    for (int v = 0; v + 1 < kVectors; ++v) store(c + v * F32::kLanes, sums[i][v]);
    store_part(c + (kVectors - 1) * F32::kLanes, sums[i][kVectors - 1], last);
  }
}

template <int kRows, int kVectors, Layout kLayout>
void run_tile(const Tile& t) {
  Sums<kRows, kVectors> sums;
  const int last = t.columns - (kVectors - 1) * F32::kLanes;  // columns of the last vector: 1 .. kLanes
  start<kRows, kVectors>(sums, t, last);
  // Rows are addressed three to a pointer: x86 scales an index by 1 and 2.
  constexpr int kPointers = kLayout == Layout::rows ? (kRows + 2) / 3 : 1;
  const std::ptrdiff_t a_step = t.a_step;
  const std::ptrdiff_t b_step = t.b_step;
  const float* a[kPointers];
  a[0] = t.a;
#pragma GCC unroll 16
  for (int p = 1; p < kPointers; ++p) {
    a[p] = a[p - 1] + 3 * a_step;
    ENVLOCK_OPAQUE(a[p]);
  }
  const float* b = t.b;
  for (int k = t.K; k > 0; --k) {
    F32 columns[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) columns[v] = load(b + v * F32::kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
      const F32 factor = broadcast(kLayout == Layout::rows ? a[i / 3][i % 3 * a_step] : a[0][i]);
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[i][v] = fma(factor, columns[v], sums[i][v]);
    }
#pragma GCC unroll 16
    for (int p = 0; p < kPointers; ++p) {
      a[p] += kLayout == Layout::rows ? 1 : a_step;
      ENVLOCK_OPAQUE(a[p]);
    }
    b += b_step;
    ENVLOCK_OPAQUE(b);
  }
  finish<kRows, kVectors>(sums, t, last);
}
#undef ENVLOCK_OPAQUE

/// The tiles of one layout: of[vectors - 1][rows - 1].
struct TileTable {
  void (*of[kTileVectors][kTileRows])(const Tile&);
};

template <Layout kLayout, int kVectors = kTileVectors, int kRows = kTileRows>
constexpr void fill(TileTable& table) {
  table.of[kVectors - 1][kRows - 1] = run_tile<kRows, kVectors, kLayout>;
  if constexpr (kRows > 1) {
    fill<kLayout, kVectors, kRows - 1>(table);
  } else if constexpr (kVectors > 1) {
    fill<kLayout, kVectors - 1, kTileRows>(table);
  }
}

template <Layout kLayout>
constexpr TileTable tile_table() {
  TileTable table{};
  fill<kLayout>(table);
  return table;
}

constexpr TileTable kTilesByRow = tile_table<Layout::rows>();
constexpr TileTable kTilesByColumn = tile_table<Layout::columns>();

}  // namespace
}  // namespace envlock::kernels::ENVLOCK_ISA
