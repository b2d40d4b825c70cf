#include "runner.h"

#include <bit>
#include <cstring>

/// Special registers, and what lanes of a warp tell each other.
namespace envlock::ptx {

void BlockRunner::fill_special(Warp& warp, const Instruction& instruction, std::uint32_t active) {
  using S = SpecialRegister;
  const Dimensions& block = launch_->block;
  std::byte* const out = row(warp, instruction.out[0]);
  for (std::uint32_t left = active; left != 0; left &= left - 1) {
    const int lane = std::countr_zero(left);
    const std::uint32_t thread = warp.first_thread + static_cast<std::uint32_t>(lane);
    const std::uint32_t bit = 1u << lane;
    std::uint64_t value = 0;
    switch (static_cast<S>(instruction.immediate)) {
      case S::tid_x:
        value = thread % block.x;
        break;
      case S::tid_y:
        value = thread / block.x % block.y;
        break;
      case S::tid_z:
        value = thread / block.x / block.y;
        break;
      case S::ntid_x:
        value = block.x;
        break;
      case S::ntid_y:
        value = block.y;
        break;
      case S::ntid_z:
        value = block.z;
        break;
      case S::ctaid_x:
        value = block_at_.x;
        break;
      case S::ctaid_y:
        value = block_at_.y;
        break;
      case S::ctaid_z:
        value = block_at_.z;
        break;
      case S::nctaid_x:
        value = launch_->grid.x;
        break;
      case S::nctaid_y:
        value = launch_->grid.y;
        break;
      case S::nctaid_z:
        value = launch_->grid.z;
        break;
      case S::laneid:
        value = static_cast<std::uint32_t>(lane);
        break;
      case S::warpid:
        value = warp.first_thread / kLanes;
        break;
      case S::nwarpid:
        value = warps_.size();
        break;
      case S::smid:
        value = block_ % launch_->sm_count;
        break;
      case S::nsmid:
        value = launch_->sm_count;
        break;
      case S::gridid:
        value = launch_->number;
        break;
      case S::lanemask_eq:
        value = bit;
        break;
      case S::lanemask_lt:
        value = bit - 1;
        break;
      case S::lanemask_le:
        value = bit | (bit - 1);
        break;
      case S::lanemask_gt:
        value = ~(bit | (bit - 1));
        break;
      case S::lanemask_ge:
        value = ~(bit - 1);
        break;
      // A clock that only counts instructions: it must grow, nothing else is promised.
      case S::clock:
      case S::clock64:
        value = warp.executed;
        break;
      case S::dynamic_smem_size:
        value = launch_->dynamic_shared;
        break;
      case S::total_smem_size:
        value = kernel_->shared_bytes + launch_->dynamic_shared;
        break;
    }
    write_lane(out, instruction.wide, lane, value);
  }
}

void BlockRunner::check_membership(Warp& warp, const Instruction& instruction, Slot mask, std::uint32_t active) {
  const auto* const masks = reinterpret_cast<const std::uint32_t*>(row(warp, mask));
  for (std::uint32_t left = active; left != 0; left &= left - 1) {
    const int lane = std::countr_zero(left);
    // Lanes of a last, partial warp do not exist and may be named; lanes that left may not.
    const std::uint32_t named = masks[lane] & warp.valid;
    if (named == active) continue;
    char text[160];
    std::snprintf(text, sizeof text, "the mask names lanes %08x, but lanes %08x are here together", masks[lane],
                  active);
    find("mask", text, &instruction, static_cast<int>(warp.first_thread) + lane);
  }
}

void BlockRunner::shuffle(Warp& warp, const Instruction& instruction, std::uint32_t active) {
  check_membership(warp, instruction, instruction.in[3], active);
  std::uint32_t values[kLanes], by[kLanes], clamp[kLanes];
  std::memcpy(values, row(warp, instruction.in[0]), sizeof values);
  std::memcpy(by, row(warp, instruction.in[1]), sizeof by);
  std::memcpy(clamp, row(warp, instruction.in[2]), sizeof clamp);
  auto* const out = reinterpret_cast<std::uint32_t*>(row(warp, instruction.out[0]));
  auto* const valid = reinterpret_cast<std::uint32_t*>(row(warp, instruction.out[1]));
  for (std::uint32_t left = active; left != 0; left &= left - 1) {
    const int lane = std::countr_zero(left);
    const int offset = static_cast<int>(by[lane] & 31), bound = static_cast<int>(clamp[lane] & 31);
    const int segment = static_cast<int>(clamp[lane] >> 8 & 31);
    const int last = (lane & segment) | (bound & ~segment);
    int source = lane;
    bool inside = false;
    switch (static_cast<ShuffleMode>(instruction.immediate)) {
      case ShuffleMode::up:
        source = lane - offset;
        inside = source >= last;
        break;
      case ShuffleMode::down:
        source = lane + offset;
        inside = source <= last;
        break;
      case ShuffleMode::butterfly:
        source = lane ^ offset;
        inside = source <= last;
        break;
      case ShuffleMode::index:
        source = (lane & segment) | (offset & ~segment);
        inside = source <= last;
        break;
    }
    if (!inside) source = lane;
    if ((active >> source & 1) == 0)
      find("inactive-lane",
           "lane " + std::to_string(lane) + " reads lane " + std::to_string(source) + ", which is not here",
           &instruction, static_cast<int>(warp.first_thread) + lane);
    out[lane] = values[source];
    valid[lane] = inside ? ~0u : 0u;
  }
}

void BlockRunner::vote(Warp& warp, const Instruction& instruction, std::uint32_t active) {
  check_membership(warp, instruction, instruction.in[1], active);
  const std::uint32_t yes = active & rows_->mask(reinterpret_cast<const std::uint32_t*>(row(warp, instruction.in[0])));
  std::uint32_t result = yes;
  switch (static_cast<VoteMode>(instruction.immediate)) {
    case VoteMode::all:
      result = yes == active ? ~0u : 0u;
      break;
    case VoteMode::any:
      result = yes != 0 ? ~0u : 0u;
      break;
    case VoteMode::uniform:
      result = yes == active || yes == 0 ? ~0u : 0u;
      break;
    case VoteMode::ballot:
      break;
  }
  std::byte* const out = row(warp, instruction.out[0]);
  for (std::uint32_t left = active; left != 0; left &= left - 1) write_lane(out, false, std::countr_zero(left), result);
}

}  // namespace envlock::ptx
