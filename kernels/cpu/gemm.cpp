#include "envlock/kernels/gemm.h"

#include "gemm_pack.h"
#include "gemm_tile.h"

namespace envlock::kernels::ENVLOCK_ISA {
namespace {

// One block of k: its panel of b (kBlockK x kTileColumns) stays near the core while all rows of a pass by.
constexpr int kBlockK = 512;

/// Rows and columns of c that one part computes.
struct Share {
  int row;
  int rows;
  int column;
  int columns;
};

int divide_up(int value, int by) {
  return (value + by - 1) / by;
}

/// How many of `units` come before part `part` of `parts`.
int units_before(int units, int part, int parts) {
  return static_cast<int>(static_cast<long long>(units) * part / parts);
}

Share share_of(const Gemm& gemm, int part, int parts) {
  const int panels = divide_up(gemm.N, kTileColumns);
  // The cost of the slowest part, in units of one vector of outputs: splitting rows packs b in every part again.
  const long long by_rows = static_cast<long long>(divide_up(gemm.M, parts) + 5) * panels;
  const long long by_columns = static_cast<long long>(gemm.M + 5) * divide_up(panels, parts);
  if (by_rows < by_columns) {
    const int row = units_before(gemm.M, part, parts);
    return {row, units_before(gemm.M, part + 1, parts) - row, 0, gemm.N};
  }
  const int column = units_before(panels, part, parts) * kTileColumns;
  const int end = units_before(panels, part + 1, parts) * kTileColumns;
  return {0, gemm.M, column, (end < gemm.N ? end : gemm.N) - column};
}

std::size_t workspace_floats(const Gemm& gemm, int) {
  return static_cast<std::size_t>(gemm.K < kBlockK ? gemm.K : kBlockK) * kTileColumns;
}

void run_panel(const Gemm& gemm, const Share& share, int k, int K, int column, float* workspace) {
  const int columns = share.columns - column < kTileColumns ? share.columns - column : kTileColumns;
  const int vectors = divide_up(columns, F32::kLanes);
  const int j = share.column + column;
  const std::ptrdiff_t lda = gemm.lda;
  const std::ptrdiff_t ldb = gemm.ldb;
  TileOperands operands{};
  if (gemm.form == GemmForm::nt) {
    pack_transposed(workspace, kTileColumns, gemm.b + j * ldb + k, ldb, K, columns);
  } else {
    pack_rows(workspace, kTileColumns, gemm.b + k * ldb + j, ldb, K, columns);
  }
  operands.b = workspace;
  operands.b_step = kTileColumns;
  operands.a_step = lda;
  operands.ldc = gemm.ldc;
  operands.K = K;
  operands.columns = columns;
  operands.resumes = k > 0;
  const int blocks = divide_up(share.rows, kTileRows);
  for (int block = 0; block < blocks; ++block) {
    const int begin = units_before(share.rows, block, blocks);
    const int rows = units_before(share.rows, block + 1, blocks) - begin;
    const int i = share.row + begin;
    operands.c = gemm.c + static_cast<std::ptrdiff_t>(i) * gemm.ldc + j;
    if (gemm.form == GemmForm::tn) {
      operands.a = gemm.a + k * lda + i;
      tile_function<Layout::columns>(rows, vectors)(operands);
    } else {
      operands.a = gemm.a + i * lda + k;
      tile_function<Layout::rows>(rows, vectors)(operands);
    }
  }
}

void run(const Gemm& gemm, int part, int parts, float* workspace) {
  const Share share = share_of(gemm, part, parts);
  int k = 0;
  do {  // once also when K is 0: the empty chain is +0
    const int K = gemm.K - k < kBlockK ? gemm.K - k : kBlockK;
    for (int column = 0; column < share.columns; column += kTileColumns)
      run_panel(gemm, share, k, K, column, workspace);
    k += kBlockK;
  } while (k < gemm.K);
}

}  // namespace

GemmFunctions gemm_functions() {
  return {workspace_floats, run};
}

}  // namespace envlock::kernels::ENVLOCK_ISA
