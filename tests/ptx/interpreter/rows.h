#pragma once

#include <cstddef>
#include <cstdint>

/// Operations on rows: one value for each of a warp's 32 lanes, side by side.
namespace envlock::ptx {

inline constexpr int kLanes = 32;
inline constexpr std::uint32_t kAllLanes = 0xffffffffu;

struct RowArguments {
  void* out;
  const void* a;
  const void* b;
  const void* c;
  const void* d;
  std::uint32_t immediate;
};

using RowFunction = void (*)(const RowArguments& arguments);

enum class RowOp : std::uint16_t {
#define ROW1(name, ...) name,
#define ROW2(name, ...) name,
#define ROW3(name, ...) name,
#define ROW4(name, ...) name,
#include "rows_convert.inc"
#include "rows_float.inc"
#include "rows_integer.inc"
#undef ROW1
#undef ROW2
#undef ROW3
#undef ROW4
  count
};

/// What the addresses of one access look like over the first `lanes` lanes.
struct AddressFacts {
  std::uint64_t low;
  std::uint64_t high;
  std::uint64_t bits;  ///< or of all addresses: shows misalignment
  bool contiguous;     ///< lane i accesses first + i * stride
  bool uniform;        ///< all lanes access the same
};

/// Who touches memory, and since when: see trace.h.
struct TraceClock {
  std::uint64_t now;           ///< interval between barriers, above kTraceTimeShift
  std::uint64_t block_start;   ///< the first such value of this block
  std::uint64_t launch_start;  ///< and of this launch
};

/// One set of row functions, compiled for one instruction set. All sets give the same bits.
struct RowKernels {
  const char* name;
  RowFunction functions[static_cast<std::size_t>(RowOp::count)];
  /// Bit i is set where predicate row `row` is true in lane i.
  std::uint32_t (*mask)(const std::uint32_t* row);
  /// out[i] = from[i] in the lanes of the mask.
  void (*blend32)(std::uint32_t* out, const std::uint32_t* from, std::uint32_t lanes);
  void (*blend64)(std::uint64_t* out, const std::uint64_t* from, std::uint32_t lanes);
  /// addresses[i] = base[i] + offset.
  AddressFacts (*addresses)(std::uint64_t* addresses, const std::uint64_t* base, std::uint64_t offset,
                            std::uint64_t stride, int lanes);
  /// Records `units` neighbouring trace units, unit i touched by thread + i / units_per_lane.
  /// Returns true, and records nothing, where an unordered access of another thread was there before.
  bool (*trace_read)(std::uint64_t* writes, std::uint64_t* reads, int units, int units_per_lane, std::uint64_t thread,
                     const TraceClock& clock);
  bool (*trace_write)(std::uint64_t* writes, std::uint64_t* reads, int units, int units_per_lane, std::uint64_t thread,
                      const TraceClock& clock);
  /// The same as trace_read for lanes that read one unit each at any place; several may read the same.
  bool (*trace_read_scattered)(std::uint64_t* writes, std::uint64_t* reads, const std::uint64_t* units, int lanes,
                               std::uint64_t thread, const TraceClock& clock);
  /// Whether each of the units was written at or after `since`.
  bool (*written_since)(const std::uint64_t* writes, int units, std::uint64_t since);
  bool (*written_since_scattered)(const std::uint64_t* writes, const std::uint64_t* units, int lanes,
                                  std::uint64_t since);
  /// Whether all bits of words[places[i]] are set.
  bool (*all_ones_scattered)(const std::uint32_t* words, const std::uint64_t* places, int lanes);
  /// out[i] = words[places[i]].
  void (*gather)(std::uint32_t* out, const std::uint32_t* words, const std::uint64_t* places, int lanes);
};

/// The widest set this processor has, chosen once; ENVLOCK_PTX_ROWS=generic|avx2|avx512 narrows it.
const RowKernels& row_kernels();

const RowKernels& rows_generic();
#if defined(__x86_64__)
const RowKernels& rows_avx2();
const RowKernels& rows_avx512();
#endif

}  // namespace envlock::ptx
