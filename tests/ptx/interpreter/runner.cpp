#include "runner.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

/// Warps in lockstep: a stack of (where, until where, which lanes) for each, as in "reconvergence at the immediate
/// post-dominator". Between two barriers the warps of a block run one after the other, in random order.
namespace envlock::ptx {
namespace {

std::uint64_t next_random(std::uint64_t& state) {
  std::uint64_t z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

std::uint64_t round_up(std::uint64_t value, std::uint64_t step) {
  return (value + step - 1) / step * step;
}

}  // namespace

ZeroWords::ZeroWords(std::size_t count) {
  if (count == 0) return;
  words_.reset(static_cast<std::uint64_t*>(std::calloc(count, sizeof(std::uint64_t))));
  if (words_ == nullptr) throw std::bad_alloc();
}

void ZeroWords::Free::operator()(std::uint64_t* words) const {
  std::free(words);
}

void BlockRunner::begin(const Launch& launch, Undo* undo) {
  launch_ = &launch;
  kernel_ = launch.kernel;
  rows_ = &row_kernels();
  undo_ = undo;
  // Only read: the constants' rows are inputs alone.
  constants_ = reinterpret_cast<std::byte*>(const_cast<std::uint32_t*>(kernel_->constants.data()));
  const std::uint64_t threads = launch.block.count();
  const std::size_t warps = static_cast<std::size_t>((threads + kLanes - 1) / kLanes);
  const std::size_t frame = round_up(kernel_->frame_bytes, 64);
  frames_.resize(frame * warps + 64);
  std::byte* const first = frames_.data() + (64 - reinterpret_cast<std::uintptr_t>(frames_.data()) % 64) % 64;
  warps_.resize(warps);
  for (std::size_t i = 0; i < warps; ++i) {
    warps_[i].frame = first + i * frame;
    warps_[i].first_thread = static_cast<std::uint32_t>(i * kLanes);
    const std::uint64_t lanes = std::min<std::uint64_t>(threads - i * kLanes, kLanes);
    warps_[i].valid = lanes == kLanes ? kAllLanes : (1u << lanes) - 1;
  }
  const std::size_t shared = static_cast<std::size_t>(round_up(
      launch.dynamic_shared != 0 ? kDynamicShared - kFirstShared + launch.dynamic_shared : kernel_->shared_extent, 8));
  shared_.resize(shared);
  const int shift = kernel_->small_accesses ? 0 : 2;
  const std::size_t units = (shared >> shift) + 8;
  if (units > shared_trace_units_ || shared_trace_.shift != shift) {
    shared_trace_.writes = ZeroWords(units);
    shared_trace_.reads = ZeroWords(units);
    shared_trace_.shift = shift;
    shared_trace_units_ = units;
  }
  local_.resize(static_cast<std::size_t>(round_up(kernel_->local_bytes, 16) * threads));
  local_defined_.resize(local_.size());
  last_allocation_.assign(kernel_->code.size(), nullptr);
  for (std::size_t i = 0; i < traces_.size(); ++i)
    if (traces_[i] != nullptr && !memory_.at(i).live) traces_[i].reset();
  traces_.resize(memory_.count());
  block_starts_.clear();
  blocks_run_.clear();
  thread_instructions_ = 0;
  stores_ = 0;
  ++interval_;
  clock_.launch_start = interval_ << kTraceTimeShift;
}

void BlockRunner::next_interval() {
  ++interval_;
  clock_.now = shared_clock_.now = interval_ << kTraceTimeShift;
}

std::uint64_t BlockRunner::block_at(std::uint64_t when) const {
  const auto after = std::upper_bound(block_starts_.begin(), block_starts_.end(), when);
  return after == block_starts_.begin() ? 0 : blocks_run_[static_cast<std::size_t>(after - block_starts_.begin()) - 1];
}

void BlockRunner::start_block(std::uint64_t block) {
  block_ = block;
  const Dimensions& grid = launch_->grid;
  block_at_.x = static_cast<std::uint32_t>(block % grid.x);
  block_at_.y = static_cast<std::uint32_t>(block / grid.x % grid.y);
  block_at_.z = static_cast<std::uint32_t>(block / grid.x / grid.y);
  random_ = launch_->seed * 0x2545f4914f6cdd1du ^ block * 0x9e3779b97f4a7c15u ^ launch_->number;
  next_interval();
  clock_.block_start = clock_.now;
  shared_clock_ = {clock_.now, clock_.now, clock_.now};
  block_starts_.push_back(clock_.now);
  blocks_run_.push_back(block);
  std::fill(local_defined_.begin(), local_defined_.end(), std::uint8_t{0});
  for (Warp& warp : warps_) {
    warp.state = Warp::State::ready;
    warp.live = warp.valid;
    warp.executed = 0;
    warp.stack.assign(1, {0, kNoInstruction, warp.valid});
    std::memset(warp.frame + kernel_->tracked_begin, 0, kernel_->frame_bytes - kernel_->tracked_begin);
  }
}

void BlockRunner::run(std::uint64_t block) {
  start_block(block);
  std::vector<std::size_t> ready;
  for (;;) {
    ready.clear();
    for (std::size_t i = 0; i < warps_.size(); ++i)
      if (warps_[i].state == Warp::State::ready) ready.push_back(i);
    if (ready.empty()) break;
    while (!ready.empty()) {
      const std::size_t pick = launch_->flip ? 0 : static_cast<std::size_t>(next_random(random_) % ready.size());
      run_warp(warps_[ready[pick]]);
      ready.erase(ready.begin() + static_cast<std::ptrdiff_t>(pick));
    }
    release_barrier();
  }
}

void BlockRunner::release_barrier() {
  const Warp* waiting = nullptr;
  for (const Warp& warp : warps_)
    if (warp.state == Warp::State::waiting) waiting = &warp;
  if (waiting == nullptr) return;
  const Instruction& barrier = kernel_->code[waiting->barrier];
  for (Warp& warp : warps_) {
    if (warp.state == Warp::State::done)
      find("divergent-barrier",
           "threads " + std::to_string(warp.first_thread) + ".. left the kernel while others wait at a barrier",
           &barrier, static_cast<int>(warp.first_thread));
    if (warp.barrier != waiting->barrier)
      find("divergent-barrier",
           "threads " + std::to_string(warp.first_thread) + ".. wait at the barrier of line " +
               std::to_string(kernel_->code[warp.barrier].line) + ", others at this one",
           &barrier, static_cast<int>(waiting->first_thread));
    warp.state = Warp::State::ready;
  }
  next_interval();
}

void BlockRunner::leave(Warp& warp, std::uint32_t lanes) {
  warp.live &= ~lanes;
  for (StackEntry& entry : warp.stack) entry.mask &= ~lanes;
  while (!warp.stack.empty() && warp.stack.back().mask == 0) warp.stack.pop_back();
  if (warp.stack.empty()) warp.state = Warp::State::done;
}

void BlockRunner::branch(Warp& warp, const Instruction& instruction, std::uint32_t taken, std::uint32_t& pc) {
  StackEntry& top = warp.stack.back();
  const std::uint32_t stays = top.mask & ~taken;
  if (stays == 0) {
    pc = instruction.target;
    return;
  }
  const std::uint32_t next = pc + 1;
  if (taken == 0) {
    pc = next;
    return;
  }
  const std::uint32_t meet = instruction.reconverge;
  if (meet == kNoInstruction) {
    top = {next, kNoInstruction, stays};
    warp.stack.push_back({instruction.target, kNoInstruction, taken});
  } else {
    top.pc = meet;
    if (top.reconverge == meet) warp.stack.pop_back();
    if (next != meet) warp.stack.push_back({next, meet, stays});
    if (instruction.target != meet) warp.stack.push_back({instruction.target, meet, taken});
  }
  pc = warp.stack.back().pc;
}

void BlockRunner::run_warp(Warp& warp) {
  const Instruction* const code = kernel_->code.data();
  std::uint32_t pc = warp.stack.back().pc;
  for (;;) {
    if (pc == warp.stack.back().reconverge) {
      warp.stack.pop_back();
      pc = warp.stack.back().pc;
      continue;
    }
    const Instruction& instruction = code[pc];
    const std::uint32_t here = warp.stack.back().mask;
    std::uint32_t active = here;
    if (!instruction.guard.none()) {
      const std::uint32_t mask = rows_->mask(reinterpret_cast<const std::uint32_t*>(row(warp, instruction.guard)));
      active &= instruction.guard_negated ? ~mask : mask;
    }
    if (instruction.tracked) check_tracked(warp, instruction, here, active);
    thread_instructions_ += static_cast<std::uint64_t>(lanes_in(active));
    if (++warp.executed > launch_->most_instructions)
      find("endless", "a warp ran more than " + std::to_string(launch_->most_instructions) + " instructions",
           &instruction, static_cast<int>(warp.first_thread));
    switch (instruction.kind) {
      case Kind::row:
        run_row(warp, instruction, active);
        break;
      case Kind::divide:
        check_zeros(warp, instruction, active);
        run_row(warp, instruction, active);
        break;
      case Kind::special:
        fill_special(warp, instruction, active);
        break;
      case Kind::parameter:
        load_parameter(warp, instruction, active);
        break;
      case Kind::load:
        if (active != 0) access(warp, instruction, active, Touch::read);
        break;
      case Kind::store:
        if (active != 0) access(warp, instruction, active, Touch::write);
        break;
      case Kind::atomic:
        if (active != 0) access(warp, instruction, active, Touch::atomic);
        break;
      case Kind::branch:
        branch(warp, instruction, active, pc);
        continue;
      case Kind::barrier:
        if (active != warp.live || warp.live != warp.valid)
          find("divergent-barrier",
               "only " + std::to_string(std::popcount(active)) + " of " + std::to_string(std::popcount(warp.valid)) +
                   " threads of a warp reach the barrier together",
               &instruction, static_cast<int>(warp.first_thread));
        warp.stack.back().pc = pc + 1;
        warp.state = Warp::State::waiting;
        warp.barrier = pc;
        return;
      case Kind::warp_barrier:
        if (active != 0) check_membership(warp, instruction, instruction.in[0], active);
        break;
      case Kind::shuffle:
        if (active != 0) shuffle(warp, instruction, active);
        break;
      case Kind::vote:
        if (active != 0) vote(warp, instruction, active);
        break;
      case Kind::active_mask:
        for (int lane = 0; lane < kLanes; ++lane)
          if ((active >> lane & 1) != 0) write_lane(row(warp, instruction.out[0]), false, lane, active);
        break;
      case Kind::exit: {
        const std::uint32_t stays = warp.stack.back().mask & ~active;
        leave(warp, active);
        if (warp.state == Warp::State::done) return;
        if (stays == 0) {
          pc = warp.stack.back().pc;
          continue;
        }
        break;
      }
      case Kind::trap:
        if (active != 0)
          find("trap", "the kernel stops itself, or calls a function that has no body", &instruction,
               static_cast<int>(warp.first_thread) + std::countr_zero(active));
        break;
      case Kind::nothing:
        break;
    }
    ++pc;
  }
}

void BlockRunner::run_row(Warp& warp, const Instruction& instruction, std::uint32_t active) {
  RowArguments arguments{row(warp, instruction.out[0]), row(warp, instruction.in[0]), row(warp, instruction.in[1]),
                         row(warp, instruction.in[2]),  row(warp, instruction.in[3]), instruction.immediate};
  // Lanes that left the kernel may be written: nobody reads them.
  if (active == warp.live) return instruction.function(arguments);
  if (active == 0) return;
  alignas(64) std::array<std::uint64_t, kLanes> result;
  std::byte* const out = static_cast<std::byte*>(std::exchange(arguments.out, result.data()));
  instruction.function(arguments);
  if (instruction.wide)
    rows_->blend64(reinterpret_cast<std::uint64_t*>(out), result.data(), active);
  else
    rows_->blend32(reinterpret_cast<std::uint32_t*>(out), reinterpret_cast<const std::uint32_t*>(result.data()),
                   active);
}

void BlockRunner::check_zeros(Warp& warp, const Instruction& instruction, std::uint32_t active) {
  const std::byte* const divisors = row(warp, instruction.in[1]);
  for (std::uint32_t left = active; left != 0; left &= left - 1) {
    const int lane = std::countr_zero(left);
    const bool zero = instruction.wide ? reinterpret_cast<const std::uint64_t*>(divisors)[lane] == 0
                                       : reinterpret_cast<const std::uint32_t*>(divisors)[lane] == 0;
    if (zero)
      find("division-by-zero", "an integer is divided by zero", &instruction,
           static_cast<int>(warp.first_thread) + lane);
  }
}

}  // namespace envlock::ptx
