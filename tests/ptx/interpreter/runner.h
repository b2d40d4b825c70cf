#pragma once

#include "error.h"
#include "memory.h"
#include "program.h"
#include "trace.h"
#include "undo.h"

#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace envlock::ptx {

struct Dimensions {
  std::uint32_t x = 1, y = 1, z = 1;
  std::uint64_t count() const { return std::uint64_t{x} * y * z; }
};

/// A fault to plant: one bit of the value of one store.
struct FlipFault {
  std::uint64_t store = 0;  ///< counted in stores of single threads, blocks and warps in ascending order
  std::uint32_t bit = 0;
};

/// What a launch runs and how it is watched. Bounds and alignment are always checked.
struct Launch {
  const Kernel* kernel = nullptr;
  Dimensions grid;
  Dimensions block;
  std::uint32_t dynamic_shared = 0;  ///< Units: bytes
  std::vector<std::byte> parameters;
  std::uint64_t seed = 1;    ///< of the order of blocks and warps
  std::uint32_t number = 1;  ///< grows with each launch on one Memory; also %gridid
  std::uint32_t sm_count = 16;
  bool check_races = true;
  bool check_undefined = true;
  std::uint64_t most_instructions = std::uint64_t{1} << 32;  ///< of one warp, before it counts as endless
  std::optional<FlipFault> flip;
};

/// Zeroed memory that costs nothing until it is touched.
class ZeroWords {
 public:
  explicit ZeroWords(std::size_t count = 0);
  std::uint64_t* data() { return words_.get(); }

 private:
  struct Free {
    void operator()(std::uint64_t* words) const;
  };
  std::unique_ptr<std::uint64_t, Free> words_;
};

/// The race records of one allocation, as one runner saw it.
struct Trace {
  ZeroWords writes, reads;
  int shift = 2;                                       ///< a unit has 1 << shift bytes
  std::vector<std::uint32_t> page_reads, page_writes;  ///< the last launch that touched the page
};

/// The number of lanes in a mask.
inline int lanes_in(std::uint32_t mask) {
  return mask == kAllLanes ? kLanes : std::popcount(mask);
}
/// Whether the mask holds the first so many lanes and no others.
constexpr bool is_prefix(std::uint32_t mask) {
  return (mask & (mask + 1)) == 0;
}
/// Whether all bytes are 0xff.
bool all_defined(const std::uint8_t* defined, std::uint64_t bytes);

/// Runs blocks one after the other, with all checks. One per host thread.
class BlockRunner {
 public:
  explicit BlockRunner(Memory& memory) : memory_(memory) {}
  void begin(const Launch& launch, Undo* undo);
  /// Throws: FindingError
  void run(std::uint64_t block);
  std::uint64_t thread_instructions() const { return thread_instructions_; }
  std::uint64_t stores() const { return stores_; }
  /// This runner's records of an allocation; null where it never touched it.
  Trace* trace_of(std::uint32_t allocation) const {
    return allocation < traces_.size() ? traces_[allocation].get() : nullptr;
  }
  std::uint64_t launch_start() const { return clock_.launch_start; }
  /// Where in the launch the record `when` was made.
  std::uint64_t block_at(std::uint64_t when) const;

 private:
  struct StackEntry {
    std::uint32_t pc, reconverge, mask;
  };
  struct Warp {
    enum class State : std::uint8_t { ready, waiting, done } state = State::ready;
    std::uint32_t first_thread = 0;
    std::uint32_t valid = 0;  ///< lanes that are threads of the block
    std::uint32_t live = 0;   ///< and have not left the kernel
    std::uint32_t barrier = 0;
    std::vector<StackEntry> stack;
    std::byte* frame = nullptr;
    std::uint64_t executed = 0;
  };
  /// Memory that one access can use: one allocation or one shared variable.
  struct View {
    std::byte* data = nullptr;  ///< of address `begin`
    std::uint8_t* defined = nullptr;
    std::uint64_t begin = 0, end = 0;
    std::uint64_t trace_begin = 0;  ///< address of the trace's first unit
    Trace* trace = nullptr;
    Allocation* allocation = nullptr;
    const TraceClock* clock = nullptr;
  };
  struct Access {
    const Instruction* instruction = nullptr;
    Warp* warp = nullptr;
    std::uint32_t active = 0;
    Touch touch = Touch::read;
    Space space = Space::global;
    unsigned size = 0;  ///< bytes a lane
    alignas(64) std::array<std::uint64_t, kLanes> addresses;
  };

  // runner.cpp
  void start_block(std::uint64_t block);
  void next_interval();
  void run_warp(Warp& warp);
  void leave(Warp& warp, std::uint32_t lanes);
  void release_barrier();
  void branch(Warp& warp, const Instruction& instruction, std::uint32_t taken, std::uint32_t& pc);
  void run_row(Warp& warp, const Instruction& instruction, std::uint32_t active);
  void check_zeros(Warp& warp, const Instruction& instruction, std::uint32_t active);
  void fill_special(Warp& warp, const Instruction& instruction, std::uint32_t active);
  std::byte* row(const Warp& warp, Slot slot) const {
    std::byte* const bases[3] = {nullptr, constants_, warp.frame};
    return bases[slot.base()] + slot.offset();
  }
  static void write_lane(std::byte* at, bool wide, int lane, std::uint64_t value) {
    if (wide)
      reinterpret_cast<std::uint64_t*>(at)[lane] = value;
    else
      reinterpret_cast<std::uint32_t*>(at)[lane] = static_cast<std::uint32_t>(value);
  }

  // runner_checks.cpp
  void check_tracked(Warp& warp, const Instruction& instruction, std::uint32_t here, std::uint32_t active);
  [[noreturn]] void find(const std::string& kind, const std::string& what, const Instruction* instruction,
                         int thread) const;
  [[noreturn]] void report_bounds(const Access& access, std::uint64_t address, int lane) const;
  [[noreturn]] void report_undefined(const Access& access, std::uint64_t address, int lane, const View& view) const;
  [[noreturn]] void report_race(const Access& access, const View& view, int lane, std::uint64_t unit) const;
  [[noreturn]] void report_alignment(const Access& access) const;
  std::string describe(Space space, std::uint64_t address) const;
  std::string thread_name(int thread) const;

  // runner_memory.cpp
  void access(Warp& warp, const Instruction& instruction, std::uint32_t active, Touch touch);
  void access_local(const Access& access);
  void access_each(Access& access);
  bool resolve(const Access& access, std::uint64_t low, std::uint64_t high, View& view);
  bool resolve_global(const Access& access, std::uint64_t low, std::uint64_t high, View& view);
  bool resolve_shared(std::uint64_t low, std::uint64_t high, View& view);
  void use(Access& access, const View& view, const AddressFacts& facts);
  void watch(const Access& access, const View& view, const AddressFacts& facts);
  void require_unwritten(const Access& access, const View& view) const;
  void watch_lane(const Access& access, const View& view, int lane, bool many);
  void require_defined(const Access& access, const View& view, const AddressFacts& facts) const;
  void move_values(const Access& access, const View& view, const AddressFacts& facts);
  bool read_scattered(const Access& access, const View& view, const AddressFacts& facts);
  void load_uniform(const Instruction& instruction, Warp& warp, std::uint32_t active, int lane,
                    const std::byte* from) const;
  void load_lane(const Instruction& instruction, Warp& warp, int lane, const std::byte* from) const;
  void store_lane(const Instruction& instruction, Warp& warp, int lane, std::byte* to);
  void atomic_lane(const Instruction& instruction, Warp& warp, int lane, std::byte* at) const;
  void load_parameter(Warp& warp, const Instruction& instruction, std::uint32_t active);
  Trace& trace_for(Allocation& allocation, unsigned bytes);
  void mark_pages(Trace& trace, std::uint64_t begin, std::uint64_t end, Touch touch) const;

  // runner_exchange.cpp
  void shuffle(Warp& warp, const Instruction& instruction, std::uint32_t active);
  void vote(Warp& warp, const Instruction& instruction, std::uint32_t active);
  void check_membership(Warp& warp, const Instruction& instruction, Slot mask, std::uint32_t active);

  Memory& memory_;
  const Launch* launch_ = nullptr;
  const Kernel* kernel_ = nullptr;
  const RowKernels* rows_ = nullptr;
  Undo* undo_ = nullptr;
  std::byte* constants_ = nullptr;
  std::vector<Warp> warps_;
  std::vector<std::byte> frames_;
  std::vector<std::byte> shared_;
  Trace shared_trace_;
  std::size_t shared_trace_units_ = 0;
  std::vector<std::byte> local_;
  std::vector<std::uint8_t> local_defined_;
  std::vector<std::unique_ptr<Trace>> traces_;
  std::vector<Allocation*> last_allocation_;  ///< by instruction: what it touched the time before
  std::vector<std::uint64_t> block_starts_;
  std::vector<std::uint64_t> blocks_run_;
  std::uint64_t interval_ = 0;
  TraceClock clock_{};         ///< of global memory
  TraceClock shared_clock_{};  ///< each block has shared memory of its own: nothing older counts
  std::uint64_t block_ = 0;
  Dimensions block_at_;
  std::uint64_t random_ = 0;
  std::uint64_t stores_ = 0;
  std::uint64_t thread_instructions_ = 0;
};

}  // namespace envlock::ptx
