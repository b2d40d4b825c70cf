#pragma once

#include "memory.h"
#include "rows.h"
#include "syntax.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// A kernel made ready to run: labels are instruction numbers, registers are rows of a warp's frame.
namespace envlock::ptx {

enum class Kind : std::uint8_t {
  row,        ///< function over rows
  divide,     ///< the same, after a look for zeros in the second operand
  special,    ///< immediate: a SpecialRegister
  parameter,  ///< ld.param at a fixed offset
  load,
  store,
  atomic,
  branch,
  barrier,
  warp_barrier,
  shuffle,
  vote,
  active_mask,
  exit,
  trap,    ///< a call of a function without a body, or `trap`
  nothing  ///< fences
};

enum class SpecialRegister : std::uint32_t {
  tid_x,
  tid_y,
  tid_z,
  ntid_x,
  ntid_y,
  ntid_z,
  ctaid_x,
  ctaid_y,
  ctaid_z,
  nctaid_x,
  nctaid_y,
  nctaid_z,
  laneid,
  warpid,
  nwarpid,
  smid,
  nsmid,
  gridid,
  lanemask_eq,
  lanemask_lt,
  lanemask_le,
  lanemask_gt,
  lanemask_ge,
  clock,
  clock64,
  dynamic_smem_size,
  total_smem_size
};

enum class ShuffleMode : std::uint32_t { up, down, butterfly, index };
enum class VoteMode : std::uint32_t { all, any, uniform, ballot };
enum class AtomicOp : std::uint32_t {
  add,
  min,
  max,
  bit_and,
  bit_or,
  bit_xor,
  exchange,
  compare,
  increment,
  decrement
};

/// Where a row lies: the two top bits say in what (nothing, the kernel's constants, the warp's frame), the rest is the
/// byte offset there.
struct Slot {
  std::uint32_t bits = 0;
  static constexpr std::uint32_t kConstant = 1u << 30, kFrame = 2u << 30, kOffset = (1u << 30) - 1;
  bool none() const { return bits == 0; }
  std::uint32_t base() const { return bits >> 30; }
  std::uint32_t offset() const { return bits & kOffset; }
};

inline constexpr std::uint32_t kNoInstruction = 0xffffffffu;

struct Instruction {
  Kind kind = Kind::nothing;
  Space space = Space::generic;
  std::uint8_t bytes = 0;     ///< size of one element of a load or store, or of a division's operands
  std::uint8_t elements = 1;  ///< 1, 2 or 4
  bool sign_extends = false;  ///< a load into a wider register
  bool wide = false;          ///< registers of the access, or result rows, have 8 bytes a lane
  bool address_wide = true;   ///< the address register has 64 bits
  bool read_only = false;     ///< ld.global.nc
  bool guard_negated = false;
  bool tracked = false;         ///< some operand may be undefined here: look at the defined masks
  std::uint16_t operation = 0;  ///< RowOp, for messages
  Slot guard;
  Slot address;
  std::array<Slot, 4> out;
  std::array<Slot, 4> in;
  RowFunction function = nullptr;
  std::uint64_t offset = 0;  ///< added to a load's or store's address
  std::uint32_t immediate = 0;
  std::uint32_t target = kNoInstruction;      ///< of a branch
  std::uint32_t reconverge = kNoInstruction;  ///< where the two ways of a branch meet
  std::int32_t line = 0;
};

/// A register that may be read before it was written: its defined mask lies at `mask` in the frame.
struct TrackedSlot {
  std::uint32_t instruction;
  std::uint8_t operand;  ///< 0..3 out, 4..7 in, 8 guard, 9 address
  std::uint32_t mask;    ///< byte offset in the frame
  bool copies;           ///< the instruction only moves the value on
  std::string name;
};

struct ParameterLayout {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

struct NamedRange {
  std::string name;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct Kernel {
  std::string name;
  std::vector<Instruction> code;
  std::vector<std::uint32_t> constants;  ///< rows, 32 or 64 words each
  std::uint32_t frame_bytes = 0;
  std::uint32_t tracked_begin = 0;  ///< the defined masks are [tracked_begin, frame_bytes)
  std::vector<TrackedSlot> tracked;
  std::vector<ParameterLayout> parameters;
  std::uint64_t parameter_bytes = 0;
  std::uint64_t shared_bytes = 0;   ///< of the static variables, as a GPU would count them
  std::uint64_t shared_extent = 0;  ///< with the gaps that this interpreter leaves between them
  std::vector<NamedRange> shared;   ///< static variables by ascending address, from kFirstShared on
  std::uint64_t local_bytes = 0;
  std::uint32_t max_threads = 1024;
  bool small_accesses = false;  ///< some shared or generic access is smaller than a word
  bool has_atomics = false;
  std::uint32_t registers = 0;                            ///< rows after allocation, for cuFuncGetAttribute
  std::shared_ptr<const std::vector<std::string>> lines;  ///< text of each PTX line, for messages
  std::string line(int number) const;
};

/// A module whose variables have addresses.
struct LoadedModule {
  std::map<std::string, Kernel> kernels;
  std::map<std::string, std::uint64_t> globals;  ///< allocation address by variable name
  std::vector<std::uint64_t> allocations;
};

/// Places the module's variables in memory and lowers each entry.
/// Throws: PtxError; nothing stays allocated then.
LoadedModule load(const Module& module, Memory& memory);

}  // namespace envlock::ptx
