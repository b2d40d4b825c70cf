#pragma once

#include "lowering.h"

#include <cstdint>
#include <vector>

/// Control flow of a lowered kernel: basic blocks, where divergent lanes meet again, and which registers live when.
namespace envlock::ptx {

struct Block {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::vector<std::uint32_t> successors;  ///< a way out of the kernel is not listed
  bool leaves = false;                    ///< some way out of the kernel starts here
};

struct Flow {
  std::vector<Block> blocks;
  std::vector<std::uint32_t> block_of;  ///< by operation
};

Flow find_flow(const Lowered& lowered);

/// For each block the first operation of its immediate post-dominator, kNoInstruction where only the end is.
/// Source: Cooper, Harvey, Kennedy, "A simple, fast dominance algorithm", on the reversed graph.
std::vector<std::uint32_t> find_meeting_points(const Flow& flow);

/// The operations between which a register holds a value that may still be read, as one interval without holes.
struct LiveInterval {
  std::uint32_t begin = kNoInstruction;
  std::uint32_t end = 0;
};

struct Liveness {
  std::vector<LiveInterval> intervals;   ///< by virtual register
  std::vector<std::uint32_t> undefined;  ///< registers which some path reads before writing them
};

/// Throws: PtxError where the kernel is too large to analyse.
Liveness find_liveness(const Lowered& lowered, const Flow& flow);

}  // namespace envlock::ptx
