// gemm: which part computes which outputs, and in what order the tiles of gemm_tile.h pass over them. Blocks of k are
// the outermost loop, so that the chain of each output grows in ascending k; between blocks it rests in c.
#include "envlock/kernels/gemm.h"

#include "gemm_pack.h"
#include "gemm_tile.h"

namespace envlock::kernels::ENVLOCK_ISA {
namespace {

// Operands are read where they lie, as long as that is quicker than reading a copy. With vectors of 16 lanes a tile
// computes so long on one k (28 cycles on the machines of today) that it hardly ever waits for the next one; narrower
// tiles wait for rows that lie far apart, each on a page of its own and competing with others for the same few places
// in the caches. A copy costs about as much as some more rows or columns of c, so there must be enough of them.
constexpr bool kTilesHideLatency = F32::kLanes >= 16;
constexpr int kRowsWorthPackingB = kTilesHideLatency ? 256 : 128;
constexpr int kFarRowsOfB = kTilesHideLatency ? 1024 : 0;
constexpr int kColumnsWorthCopyingA = 128;
constexpr int kFarColumnsOfA = 512;
// Rows of a that meet in a tile push each other out of the first-level cache at multiples of 4 KiB, and columns that
// far apart the lines which the next tile needs.
constexpr int kFarRowsOfA = 1024;

/// The longest block of k. Long ones are good because outputs are stored and loaded again between blocks; what is read
/// from k to k at a distance, as a is in form tn, fits the caches in shorter ones only.
int longest_block(const Gemm& gemm) {
  if (!kTilesHideLatency) return 256;
  if (gemm.form != GemmForm::tn) return 1024;
  return gemm.lda < kFarRowsOfA ? 512 : 256;
}

// So many columns of b stay in the second-level cache while the rows of a pass over them, kTileRows at a time.
constexpr int kBlockN = 256;

// So many tiles' rows of a are copied together, and the copied rows lie so much further apart than their length.
constexpr int kTilesInCopy = kTilesHideLatency ? 1 : 4;
constexpr int kRowGap = 16;

constexpr int kPanelsInBlock = kBlockN / kTileColumns > 0 ? kBlockN / kTileColumns : 1;

ENVLOCK_INLINE int divide_up(int value, int by) {
  return (value + by - 1) / by;
}
ENVLOCK_INLINE int least(int a, int b) {
  return a < b ? a : b;
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
    // Every area packs b and fetches a for itself: that takes a panel as long as five more rows, and a row as long as a
    // quarter of a panel more.
    const long long rows = divide_up(gemm.M, parts / across) + 5;
    const long long quarter_panels = 4LL * divide_up(panels, across) + 1;
    const long long cost = rows * quarter_panels;
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

// A copy of a holds kTilesInCopy tiles' rows, one after the other (each kRowGap longer than K), or for each k their
// values side by side.
constexpr int kRowsInCopy = kTilesInCopy * kTileRows;
constexpr int kCopyStep = (kRowsInCopy + F32::kLanes - 1) / F32::kLanes * F32::kLanes;

std::size_t panel_floats(int K) {
  return static_cast<std::size_t>(K) * kTileColumns;
}

std::size_t workspace_floats(const Gemm& gemm, int) {
  const int K = least(gemm.K, longest_block(gemm));
  const int panels = least(divide_up(gemm.N, kTileColumns), kPanelsInBlock);
  return panel_floats(K) * static_cast<std::size_t>(panels) + static_cast<std::size_t>(K + kRowGap) * kCopyStep;
}

/// The terms k .. k+K-1 of the outputs in `area`, which is at most kPanelsInBlock panels wide.
class Block {
 public:
  Block(const Gemm& gemm, const Area& area, int k, int K, float* workspace)
      : gemm_(gemm), area_(area), k_(k), workspace_(workspace) {
    tile_.K = K;
    tile_.resumes = k > 0;
    tile_.ldc = gemm.ldc;
  }

  void run() {
    pack_panels();
    const Pieces tiles(area_.rows, kTileRows);
    int i = area_.row;
    for (int first = 0; first < tiles.count; first += kTilesInCopy) {
      const int end = least(first + kTilesInCopy, tiles.count);
      int rows = 0;
      for (int tile = first; tile < end; ++tile) rows += tiles[tile];
      place_a(i, rows);
      for (int tile = first; tile < end; ++tile) {
        run_tiles(i, tiles[tile]);
        i += tiles[tile];
        tile_.a += by_column() ? tiles[tile] : tiles[tile] * tile_.a_step;
      }
    }
  }

 private:
  bool by_column() const { return gemm_.form == GemmForm::tn; }
  int columns_from(int column) const { return least(area_.columns - column, kTileColumns); }

  bool packs(int columns) const {
    return gemm_.form == GemmForm::nt     // has to be transposed
           || columns % F32::kLanes != 0  // what lies behind the last column may not be read
           || (area_.rows >= kRowsWorthPackingB && gemm_.ldb >= kFarRowsOfB);
  }
  bool copies() const {
    if (!by_column()) return gemm_.lda >= kFarRowsOfA;
    return !kTilesHideLatency && gemm_.lda >= kFarColumnsOfA && area_.columns >= kColumnsWorthCopyingA;
  }

  const float* panel_of_b(int column) const {
    return gemm_.b + static_cast<std::ptrdiff_t>(k_) * gemm_.ldb + area_.column + column;
  }
  float* packed_panel(int column) const {
    return workspace_ + panel_floats(tile_.K) * static_cast<std::size_t>(divide_up(column, kTileColumns));
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

  /// Lets the tiles begin at row i of c; this many rows from there are copied, if any.
  void place_a(int i, int rows) {
    const std::ptrdiff_t lda = gemm_.lda;
    tile_.a = by_column() ? gemm_.a + k_ * lda + i : gemm_.a + i * lda + k_;
    tile_.a_step = lda;
    if (!copies()) return;
    float* copy = packed_panel(area_.columns);
    tile_.a_step = by_column() ? kCopyStep : tile_.K + kRowGap;
    pack_rows(copy, tile_.a_step, tile_.a, lda, by_column() ? tile_.K : rows, by_column() ? rows : tile_.K);
    tile_.a = copy;
  }

  /// Asks for the values of a that the tiles below these rows will need, a share of them before each of these tiles. No
  /// processor foresees that walk: from k to k it goes to another page.
  void fetch_ahead(int i, int rows, int column) const {
    if (!by_column() || copies() || gemm_.lda < kFarRowsOfA || i + rows + kTileRows > area_.row + area_.rows) return;
    const Range share(tile_.K, column / kTileColumns, divide_up(area_.columns, kTileColumns));
    const float* last = gemm_.a + static_cast<std::ptrdiff_t>(k_) * gemm_.lda + i + rows + kTileRows - 1;
    for (int k = share.begin; k < share.end; ++k) __builtin_prefetch(last + static_cast<std::ptrdiff_t>(k) * gemm_.lda);
  }

  /// One tile after another, from left to right, over `rows` rows from row i of c on.
  void run_tiles(int i, int rows) {
    const TileTable& tiles = by_column() ? kTilesByColumn : kTilesByRow;
    for (int column = 0; column < area_.columns; column += kTileColumns) {
      tile_.columns = columns_from(column);
      const bool packed = packs(tile_.columns);
      tile_.b = packed ? packed_panel(column) : panel_of_b(column);
      tile_.b_step = packed ? kTileColumns : gemm_.ldb;
      tile_.c = gemm_.c + static_cast<std::ptrdiff_t>(i) * gemm_.ldc + area_.column + column;
      fetch_ahead(i, rows, column);
      tiles.of[divide_up(tile_.columns, F32::kLanes) - 1][rows - 1](tile_);
    }
  }

  const Gemm& gemm_;
  const Area& area_;
  int k_;
  float* workspace_;
  Tile tile_{};
};

/// The empty chain is +0.
void clear(const Gemm& gemm, const Area& area) {
  for (int i = area.row; i < area.row + area.rows; ++i)
    for (int j = area.column; j < area.column + area.columns; ++j)
      gemm.c[static_cast<std::ptrdiff_t>(i) * gemm.ldc + j] = 0.0f;
}

void run(const Gemm& gemm, int part, int parts, float* workspace) {
  const Area area = area_of_part(gemm, part, parts);
  if (area.rows == 0 || area.columns == 0) return;
  if (gemm.K == 0) {
    clear(gemm, area);
    return;
  }
  const Pieces depths(gemm.K, longest_block(gemm));
  const Pieces widths(divide_up(area.columns, kTileColumns), kPanelsInBlock);
  int k = 0;
  for (int depth = 0; depth < depths.count; ++depth) {
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
