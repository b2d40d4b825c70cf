// gemm: which part computes which outputs, and in what order the tiles of gemm_tile.h pass over them. Blocks of k are
// the outermost loop, so that the chain of each output grows in ascending k; between blocks it rests in c.
#include "envlock/kernels/gemm.h"

#include "gemm_pack.h"
#include "gemm_tile.h"

namespace envlock::kernels::ENVLOCK_ISA {
namespace {

// One block of b, kBlockK x kBlockN, stays in the second-level cache while the rows of a pass over it, kTileRows at a
// time. The longer a block of k, the more seldom are the outputs stored and loaded again.
constexpr int kBlockK = 512;
constexpr int kBlockN = 256;
// Rows that lie a multiple of 4 KiB apart compete for the same few places in a cache: tall blocks of them do not fit.
constexpr int kCollidingStride = 1024;
constexpr int kCollidingBlockK = 256;
// A block of b with colliding rows is copied only if so many rows of a pay for that.
constexpr int kRowsThatPayForPacking = 192;
// Copied rows of a lie this much further apart than their length, so that they do not collide.
constexpr int kRowGap = 16;

constexpr int kPanelsInBlock = kBlockN / kTileColumns > 0 ? kBlockN / kTileColumns : 1;

ENVLOCK_INLINE int divide_up(int value, int by) {
  return (value + by - 1) / by;
}
ENVLOCK_INLINE int least(int a, int b) {
  return a < b ? a : b;
}
ENVLOCK_INLINE bool collides(int stride) {
  return stride % kCollidingStride == 0;
}

/// `total` cut into the fewest pieces of at most `limit`; none is larger than another by more than 1.
struct Pieces {
  ENVLOCK_INLINE Pieces(int total, int limit)
      : count(divide_up(total, limit)),
        smaller(count > 0 ? total / count : 0),
        larger_pieces(total - smaller * count) {}
  ENVLOCK_INLINE int operator[](int index) const { return smaller + (index < larger_pieces ? 1 : 0); }

  int count;
  int smaller;
  int larger_pieces;
};

/// The part-th of `parts` pieces of `total`.
struct Range {
  ENVLOCK_INLINE Range(int total, int part, int parts)
      : begin(static_cast<int>(static_cast<long long>(total) * part / parts)),
        end(static_cast<int>(static_cast<long long>(total) * (part + 1) / parts)) {}

  int begin;
  int end;
};

/// Rows and columns of c.
struct Area {
  int row;
  int rows;
  int column;
  int columns;
};

/// Cuts c into a grid of `parts` areas, in such a way that the largest of them costs least.
Area area_of_part(const Gemm& gemm, int part, int parts) {
  if (parts == 1) return {0, gemm.M, 0, gemm.N};
  const int panels = divide_up(gemm.N, kTileColumns);
  int best_across = 1;
  long long best_cost = -1;
  for (int across = 1; across <= parts; ++across) {
    if (parts % across != 0) continue;
    // Packing a panel of b takes about as long as multiplying five rows with it, and every area packs for itself.
    const long long cost = static_cast<long long>(divide_up(gemm.M, parts / across) + 5) * divide_up(panels, across);
    if (best_cost < 0 || cost < best_cost) {
      best_cost = cost;
      best_across = across;
    }
  }
  const Range rows(gemm.M, part / best_across, parts / best_across);
  const Range columns(panels, part % best_across, best_across);
  const int end = least(columns.end * kTileColumns, gemm.N);
  return {rows.begin, rows.end - rows.begin, columns.begin * kTileColumns, end - columns.begin * kTileColumns};
}

int longest_block(const Gemm& gemm) {
  const bool tall =
      (gemm.form == GemmForm::tn && collides(gemm.lda)) || (gemm.form != GemmForm::nt && collides(gemm.ldb));
  return tall ? kCollidingBlockK : kBlockK;
}

std::size_t panel_floats(int K) {
  return static_cast<std::size_t>(K) * kTileColumns;
}

std::size_t workspace_floats(const Gemm& gemm, int) {
  const int K = least(gemm.K, longest_block(gemm));
  const int panels = least(divide_up(gemm.N, kTileColumns), kPanelsInBlock);
  return panel_floats(K) * static_cast<std::size_t>(panels) + static_cast<std::size_t>(K + kRowGap) * kTileRows;
}

/// The terms k .. k+K-1 of the outputs in `area`, which is at most kPanelsInBlock panels wide.
class Block {
 public:
  Block(const Gemm& gemm, const Area& area, int k, int K, float* workspace)
      : gemm_(gemm), area_(area), k_(k), packed_(workspace) {
    tile_.K = K;
    tile_.resumes = k > 0;
    tile_.ldc = gemm.ldc;
  }

  void run() {
    pack_panels();
    const Pieces rows(area_.rows, kTileRows);
    int i = area_.row;
    for (int piece = 0; piece < rows.count; ++piece) {
      run_rows(i, rows[piece]);
      i += rows[piece];
    }
  }

 private:
  int columns_from(int column) const { return least(area_.columns - column, kTileColumns); }

  /// Whether the tiles read this panel of b from a copy: always if it has to be transposed, and if it ends within a
  /// vector, since what lies behind it may not be read.
  bool packs(int columns) const {
    return gemm_.form == GemmForm::nt || columns % F32::kLanes != 0 ||
           (collides(gemm_.ldb) && area_.rows >= kRowsThatPayForPacking);
  }

  const float* panel_of_b(int column) const {
    return gemm_.b + static_cast<std::ptrdiff_t>(k_) * gemm_.ldb + area_.column + column;
  }
  float* packed_panel(int column) const {
    return packed_ + panel_floats(tile_.K) * static_cast<std::size_t>(column / kTileColumns);
  }

  void pack_panels() const {
    for (int column = 0; column < area_.columns; column += kTileColumns) {
      const int columns = columns_from(column);
      if (gemm_.form == GemmForm::nt) {
        const float* from = gemm_.b + static_cast<std::ptrdiff_t>(area_.column + column) * gemm_.ldb + k_;
        pack_transposed(packed_panel(column), kTileColumns, from, gemm_.ldb, tile_.K, columns);
      } else if (packs(columns)) {
        pack_rows(packed_panel(column), kTileColumns, panel_of_b(column), gemm_.ldb, tile_.K, columns);
      }
    }
  }

  /// `rows` rows of the area, from row i of c on.
  void run_rows(int i, int rows) {
    const bool columnwise = gemm_.form == GemmForm::tn;
    tile_.a = columnwise ? gemm_.a + static_cast<std::ptrdiff_t>(k_) * gemm_.lda + i
                         : gemm_.a + static_cast<std::ptrdiff_t>(i) * gemm_.lda + k_;
    tile_.a_step = gemm_.lda;
    if (!columnwise && collides(gemm_.lda)) {
      float* copy = packed_panel(divide_up(area_.columns, kTileColumns) * kTileColumns);
      pack_rows(copy, tile_.K + kRowGap, tile_.a, gemm_.lda, rows, tile_.K);
      tile_.a = copy;
      tile_.a_step = tile_.K + kRowGap;
    }
    const TileTable& tiles = columnwise ? kTilesByColumn : kTilesByRow;
    for (int column = 0; column < area_.columns; column += kTileColumns) {
      tile_.columns = columns_from(column);
      const bool packed = packs(tile_.columns);
      tile_.b = packed ? packed_panel(column) : panel_of_b(column);
      tile_.b_step = packed ? kTileColumns : gemm_.ldb;
      tile_.c = gemm_.c + static_cast<std::ptrdiff_t>(i) * gemm_.ldc + area_.column + column;
      tiles.of[divide_up(tile_.columns, F32::kLanes) - 1][rows - 1](tile_);
    }
  }

  const Gemm& gemm_;
  const Area& area_;
  int k_;
  float* packed_;
  Tile tile_{};
};

void run(const Gemm& gemm, int part, int parts, float* workspace) {
  const Area area = area_of_part(gemm, part, parts);
  const Pieces depths(gemm.K, longest_block(gemm));
  const Pieces widths(divide_up(area.columns, kTileColumns), kPanelsInBlock);
  int k = 0;
  for (int depth = 0; depth == 0 || depth < depths.count; ++depth) {  // also when K is 0: the empty chain is +0
    const int K = depths[depth];
    int column = 0;
    for (int width = 0; width < widths.count; ++width) {
      const int columns = least(widths[width] * kTileColumns, area.columns - column);
      const Area some = {area.row, area.rows, area.column + column, columns};
      Block(gemm, some, k, K, workspace).run();
      column += columns;
    }
    k += K;
  }
}

}  // namespace

GemmFunctions gemm_functions() {
  return {workspace_floats, run};
}

}  // namespace envlock::kernels::ENVLOCK_ISA
