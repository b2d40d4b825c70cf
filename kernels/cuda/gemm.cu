#include "envlock/kernels/gemm.h"

#include "replica.h"

namespace envlock::kernels::cuda {

struct alignas(16) Quad {
  float x, y, z, w;
};

/// A block computes a kRows x kColumns tile of c, kDepth steps of k at a time; each of its threads owns kOwn x kOwn
/// outputs and runs their whole chains, k ascending, in registers. Tiles of a and b pass through two buffers in shared
/// memory, so that one barrier a step suffices: whoever refills a buffer has passed the barrier after its last use.
/// In place of what lies outside a or b the nearest element is read: it only ever reaches outputs outside c, and past
/// the last k the chain simply ends.
template <GemmForm kForm, int kRows, int kColumns, int kOwn, int kDepth>
struct TiledGemm {
  static constexpr int kAcross = kColumns / kOwn;  // threads along a row of the tile
  static constexpr int kThreads = kAcross * (kRows / kOwn);
  static constexpr int kLoadsA = kRows * kDepth / kThreads;
  static constexpr int kLoadsB = kColumns * kDepth / kThreads;
  static constexpr int kPitchA = kRows + 4;  // 16-byte rows, and columns of k in different banks
  static constexpr int kPitchB = kColumns + 4;

  const Gemm& op;
  const float* a;
  const float* b;
  int row0;
  int column0;

  /// a(i, k): the element's place within the tile is (i, k), and `index` numbers the tile in a's own memory order.
  DEVICE static int row_of(int index) { return kForm == GemmForm::tn ? index % kRows : index / kDepth; }
  DEVICE static int depth_of_a(int index) { return kForm == GemmForm::tn ? index / kRows : index % kDepth; }
  DEVICE static int column_of(int index) { return kForm == GemmForm::nt ? index / kDepth : index % kColumns; }
  DEVICE static int depth_of_b(int index) { return kForm == GemmForm::nt ? index % kDepth : index / kColumns; }

  DEVICE static int least(int left, int right) { return left < right ? left : right; }

  DEVICE void fetch(int k0, float (&from_a)[kLoadsA], float (&from_b)[kLoadsB]) const {
#pragma unroll
    for (int load = 0; load < kLoadsA; ++load) {
      const int index = load * kThreads + thread_x();
      const int i = least(row0 + row_of(index), op.M - 1);
      const int k = least(k0 + depth_of_a(index), op.K - 1);
      const int at = kForm == GemmForm::tn ? k * op.lda + i : i * op.lda + k;
      from_a[load] = a[at];
    }
#pragma unroll
    for (int load = 0; load < kLoadsB; ++load) {
      const int index = load * kThreads + thread_x();
      const int j = least(column0 + column_of(index), op.N - 1);
      const int k = least(k0 + depth_of_b(index), op.K - 1);
      const int at = kForm == GemmForm::nt ? j * op.ldb + k : k * op.ldb + j;
      from_b[load] = b[at];
    }
  }

  DEVICE void run(float* c, float (*tile_a)[kDepth][kPitchA], float (*tile_b)[kDepth][kPitchB]) const {
    const int own_row = thread_x() / kAcross * kOwn;
    const int own_column = thread_x() % kAcross * kOwn;
    float sums[kOwn][kOwn] = {};
    float from_a[kLoadsA];
    float from_b[kLoadsB];
    fetch(0, from_a, from_b);
    int buffer = 0;
    for (int k0 = 0; k0 < op.K; k0 += kDepth) {
      float(*const as)[kPitchA] = tile_a[buffer];
      float(*const bs)[kPitchB] = tile_b[buffer];
#pragma unroll
      for (int load = 0; load < kLoadsA; ++load) {
        const int index = load * kThreads + thread_x();
        as[depth_of_a(index)][row_of(index)] = from_a[load];
      }
#pragma unroll
      for (int load = 0; load < kLoadsB; ++load) {
        const int index = load * kThreads + thread_x();
        bs[depth_of_b(index)][column_of(index)] = from_b[load];
      }
      barrier();
      if (k0 + kDepth < op.K) {
        fetch(k0 + kDepth, from_a, from_b);
      }
      if (k0 + kDepth <= op.K) {
#pragma unroll
        for (int k = 0; k < kDepth; ++k) {
          accumulate(as[k] + own_row, bs[k] + own_column, sums);
        }
      } else {
#pragma unroll 1
        for (int k = 0; k < op.K - k0; ++k) {
          accumulate(as[k] + own_row, bs[k] + own_column, sums);
        }
      }
      buffer ^= 1;
    }
#pragma unroll
    for (int i = 0; i < kOwn; ++i) {
#pragma unroll
      for (int j = 0; j < kOwn; ++j) {
        const int row = row0 + own_row + i;
        const int column = column0 + own_column + j;
        if (row < op.M && column < op.N) {
          c[row * op.ldc + column] = sums[i][j];
        }
      }
    }
  }

  /// One access of 16 bytes: own outputs begin at multiples of four, and so do the rows of the buffers.
  DEVICE static void load_quad(const float* from, float* to) {
    const Quad quad = *reinterpret_cast<const Quad*>(from);
    to[0] = quad.x;
    to[1] = quad.y;
    to[2] = quad.z;
    to[3] = quad.w;
  }

  DEVICE static void accumulate(const float* a_k, const float* b_k, float (&sums)[kOwn][kOwn]) {
    float left[kOwn];
    float right[kOwn];
#pragma unroll
    for (int i = 0; i < kOwn; i += 4) {
      load_quad(a_k + i, left + i);
      load_quad(b_k + i, right + i);
    }
#pragma unroll
    for (int i = 0; i < kOwn; ++i) {
#pragma unroll
      for (int j = 0; j < kOwn; ++j) {
        sums[i][j] = fma(left[i], right[j], sums[i][j]);
      }
    }
  }
};

/// block_x counts the tiles of one product, row by row; block_y the products.
template <GemmForm kForm, int kRows, int kColumns, int kOwn, int kDepth>
DEVICE void run_gemm(const Launch& launch, const Gemm& op, const GemmGrid& grid) {
  using Tiled = TiledGemm<kForm, kRows, kColumns, kOwn, kDepth>;
  SHARED __attribute__((aligned(16))) float tile_a[2][kDepth][Tiled::kPitchA];
  SHARED __attribute__((aligned(16))) float tile_b[2][kDepth][Tiled::kPitchB];
  note_multiprocessor(launch);
  const int tiles_across = (op.N + kColumns - 1) / kColumns;
  const int row0 = block_x() / tiles_across * kRows;
  const int column0 = block_x() % tiles_across * kColumns;
  const int outer = block_y() / grid.inner_count;
  const int inner = block_y() % grid.inner_count;
  const float* a = of_replica(launch, op.a) + outer * grid.a_outer + inner * grid.a_inner;
  const float* b = of_replica(launch, op.b) + outer * grid.b_outer + inner * grid.b_inner;
  float* c = of_replica(launch, op.c) + outer * grid.c_outer + inner * grid.c_inner;
  Tiled{op, a, b, row0, column0}.run(c, tile_a, tile_b);
}

#define ENVLOCK_GEMM(form, rows, columns, own, depth)                                   \
  KERNEL BOUNDS((rows / own) * (columns / own))                                         \
      envlock_gemm_##form##_##rows##x##columns(Launch launch, Gemm op, GemmGrid grid) { \
    run_gemm<GemmForm::form, rows, columns, own, depth>(launch, op, grid);              \
  }

ENVLOCK_GEMM(nn, 32, 32, 4, 16)
ENVLOCK_GEMM(nt, 32, 32, 4, 16)
ENVLOCK_GEMM(tn, 32, 32, 4, 16)
ENVLOCK_GEMM(nn, 64, 64, 4, 16)
ENVLOCK_GEMM(nt, 64, 64, 4, 16)
ENVLOCK_GEMM(tn, 64, 64, 4, 16)
ENVLOCK_GEMM(nn, 128, 128, 8, 8)
ENVLOCK_GEMM(nt, 128, 128, 8, 8)
ENVLOCK_GEMM(tn, 128, 128, 8, 8)

#undef ENVLOCK_GEMM

}  // namespace envlock::kernels::cuda
