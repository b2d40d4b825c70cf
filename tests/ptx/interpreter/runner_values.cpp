#include <algorithm>
#include <bit>
#include <cstring>

#include "runner.h"

/// The bytes of loads, stores and atomics, between memory and rows.
namespace envlock::ptx {
namespace {

std::uint64_t read_little(const std::byte* from, unsigned bytes) {
  std::uint64_t value = 0;
  std::memcpy(&value, from, bytes);
  return value;
}

}  // namespace

bool all_defined(const std::uint8_t* defined, std::uint64_t bytes) {
  std::uint64_t i = 0;
  std::uint64_t all = ~std::uint64_t{0};
  for (; i + 8 <= bytes; i += 8) {
    std::uint64_t word;
    std::memcpy(&word, defined + i, 8);
    all &= word;
  }
  std::uint8_t rest = 0xff;
  for (; i < bytes; ++i) rest = static_cast<std::uint8_t>(rest & defined[i]);
  return all == ~std::uint64_t{0} && rest == 0xff;
}

void BlockRunner::load_parameter(Warp& warp, const Instruction& instruction, std::uint32_t active) {
  for (unsigned element = 0; element < instruction.elements; ++element) {
    const std::byte* const from = launch_->parameters.data() + instruction.offset + element * instruction.bytes;
    std::uint64_t value = read_little(from, instruction.bytes);
    const unsigned unused = 64 - 8 * instruction.bytes;
    if (instruction.sign_extends)
      value = static_cast<std::uint64_t>(static_cast<std::int64_t>(value << unused) >> unused);
    if (instruction.immediate != 0) value &= instruction.immediate;
    for (std::uint32_t left = active; left != 0; left &= left - 1)
      write_lane(row(warp, instruction.out[element]), instruction.wide, std::countr_zero(left), value);
  }
}

void BlockRunner::move_values(const Access& access, const View& view, const AddressFacts& facts) {
  const Instruction& instruction = *access.instruction;
  Warp& warp = *access.warp;
  std::byte* const first = view.data + (facts.low - view.begin);
  const bool plain = facts.contiguous && instruction.elements == 1 && instruction.bytes == (instruction.wide ? 8 : 4);
  const std::size_t all = std::size_t{access.size} * static_cast<unsigned>(lanes_in(access.active));
  if (access.touch == Touch::read) {
    if (plain) {
      std::memcpy(row(warp, instruction.out[0]), first, all);
      return;
    }
    const int first_lane = std::countr_zero(access.active);
    if (facts.uniform) return load_uniform(instruction, warp, access.active, first_lane, first);
    for (std::uint32_t left = access.active; left != 0; left &= left - 1) {
      const int lane = std::countr_zero(left);
      load_lane(instruction, warp, lane, view.data + (access.addresses[static_cast<std::size_t>(lane)] - view.begin));
    }
    return;
  }
  if (plain && access.touch == Touch::write && !launch_->flip) {
    std::memcpy(first, row(warp, instruction.in[0]), all);
    if (view.defined != nullptr) std::memset(view.defined + (facts.low - view.begin), 0xff, all);
    return;
  }
  for (std::uint32_t left = access.active; left != 0; left &= left - 1) {
    const int lane = std::countr_zero(left);
    const std::uint64_t at = access.addresses[static_cast<std::size_t>(lane)] - view.begin;
    if (access.touch == Touch::write)
      store_lane(instruction, warp, lane, view.data + at);
    else
      atomic_lane(instruction, warp, lane, view.data + at);
    if (view.defined != nullptr) std::memset(view.defined + at, 0xff, access.size);
  }
}

void BlockRunner::load_lane(const Instruction& instruction, Warp& warp, int lane, const std::byte* from) const {
  for (unsigned element = 0; element < instruction.elements; ++element) {
    std::uint64_t value = 0;
    if (instruction.bytes == 4 && !instruction.sign_extends) {
      std::uint32_t word;
      std::memcpy(&word, from + element * 4, 4);
      value = word;
    } else {
      value = read_little(from + element * instruction.bytes, instruction.bytes);
      const unsigned unused = 64 - 8 * instruction.bytes;
      if (instruction.sign_extends)
        value = static_cast<std::uint64_t>(static_cast<std::int64_t>(value << unused) >> unused);
      if (instruction.immediate != 0) value &= instruction.immediate;
    }
    write_lane(row(warp, instruction.out[element]), instruction.wide, lane, value);
  }
}

void BlockRunner::store_lane(const Instruction& instruction, Warp& warp, int lane, std::byte* to) {
  for (unsigned element = 0; element < instruction.elements; ++element) {
    const std::byte* const from =
        row(warp, instruction.in[element]) + static_cast<std::ptrdiff_t>(lane) * (instruction.wide ? 8 : 4);
    std::memcpy(to + element * instruction.bytes, from, instruction.bytes);
  }
  if (launch_->flip && stores_++ == launch_->flip->store) {
    const unsigned bit = launch_->flip->bit % (8u * instruction.bytes * instruction.elements);
    to[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
  }
}

void BlockRunner::atomic_lane(const Instruction& instruction, Warp& warp, int lane, std::byte* at) const {
  const unsigned bytes = instruction.bytes;
  const auto operand = [&](std::size_t index) -> std::uint64_t {
    return instruction.in[index].none()
               ? 0
               : read_little(row(warp, instruction.in[index]) + lane * static_cast<int>(bytes), bytes);
  };
  const std::uint64_t old = read_little(at, bytes), a = operand(0), b = operand(1);
  const auto extend = [&](std::uint64_t value) {
    return static_cast<std::int64_t>(value << (64 - 8 * bytes)) >> (64 - 8 * bytes);
  };
  const bool less = instruction.sign_extends ? extend(a) < extend(old) : a < old;
  std::uint64_t now = old;
  switch (static_cast<AtomicOp>(instruction.immediate)) {
    case AtomicOp::add:
      now = old + a;
      break;
    case AtomicOp::min:
      now = less ? a : old;
      break;
    case AtomicOp::max:
      now = less ? old : a;
      break;
    case AtomicOp::bit_and:
      now = old & a;
      break;
    case AtomicOp::bit_or:
      now = old | a;
      break;
    case AtomicOp::bit_xor:
      now = old ^ a;
      break;
    case AtomicOp::exchange:
      now = a;
      break;
    case AtomicOp::compare:
      now = old == a ? b : old;
      break;
    case AtomicOp::increment:
      now = old >= a ? 0 : old + 1;
      break;
    case AtomicOp::decrement:
      now = old == 0 || old > a ? a : old - 1;
      break;
  }
  std::memcpy(at, &now, bytes);
  write_lane(row(warp, instruction.out[0]), instruction.wide, lane, old);
}

/// All lanes load from one place: it is read once.
void BlockRunner::load_uniform(const Instruction& instruction, Warp& warp, std::uint32_t active, int lane,
                               const std::byte* from) const {
  load_lane(instruction, warp, lane, from);
  for (unsigned element = 0; element < instruction.elements; ++element) {
    std::byte* const out = row(warp, instruction.out[element]);
    if (instruction.wide) {
      auto* const values = reinterpret_cast<std::uint64_t*>(out);
      for (std::uint32_t left = active; left != 0; left &= left - 1) values[std::countr_zero(left)] = values[lane];
    } else if (active == kAllLanes) {
      auto* const values = reinterpret_cast<std::uint32_t*>(out);
      std::fill(values, values + kLanes, values[0]);
    } else {
      auto* const values = reinterpret_cast<std::uint32_t*>(out);
      for (std::uint32_t left = active; left != 0; left &= left - 1) values[std::countr_zero(left)] = values[lane];
    }
  }
}

/// The usual load whose lanes do not lie side by side: words, by the first so many lanes, into 32-bit registers. All
/// checks at once on whole rows. Returns false, with nothing loaded, where this is not such a load or a check failed:
/// then it is done lane by lane, which finds the same again and tells it.
bool BlockRunner::read_scattered(const Access& access, const View& view, const AddressFacts& facts) {
  const Instruction& instruction = *access.instruction;
  if (instruction.bytes != 4 || instruction.wide || facts.uniform || !is_prefix(access.active)) return false;
  if (facts.contiguous && instruction.elements == 1) return false;
  if (view.trace != nullptr && view.trace->shift != 2) return false;
  const int lanes = lanes_in(access.active);
  alignas(64) std::array<std::uint64_t, kLanes> places;
  for (std::size_t i = 0; i < kLanes; ++i) places[i] = (access.addresses[i] - view.begin) / 4;
  const std::uint64_t skipped = (view.begin - view.trace_begin) / 4;
  for (std::size_t element = 0; element < instruction.elements; ++element) {
    if (launch_->check_undefined) {
      const bool defined =
          view.defined != nullptr
              ? rows_->all_ones_scattered(reinterpret_cast<const std::uint32_t*>(view.defined) + element, places.data(),
                                          lanes)
              : rows_->written_since_scattered(view.trace->writes.data() + skipped + element, places.data(), lanes,
                                               clock_.block_start);
      if (!defined) return false;
    }
    if (view.trace != nullptr &&
        rows_->trace_read_scattered(view.trace->writes.data() + skipped + element,
                                    view.trace->reads.data() + skipped + element, places.data(), lanes,
                                    access.warp->first_thread, *view.clock))
      return false;
  }
  if (view.trace != nullptr && view.allocation != nullptr)
    for (int i = 0; i < lanes; ++i) {
      const std::uint64_t at = places[static_cast<std::size_t>(i)] * 4;
      view.trace->page_reads[at / kPageBytes] = launch_->number;
      view.trace->page_reads[(at + access.size - 1) / kPageBytes] = launch_->number;
    }
  for (std::size_t element = 0; element < instruction.elements; ++element)
    rows_->gather(reinterpret_cast<std::uint32_t*>(row(*access.warp, instruction.out[element])),
                  reinterpret_cast<const std::uint32_t*>(view.data) + element, places.data(), lanes);
  return true;
}

void BlockRunner::access_local(const Access& access) {
  const Instruction& instruction = *access.instruction;
  const std::uint64_t stride = (kernel_->local_bytes + 15) / 16 * 16;
  for (std::uint32_t left = access.active; left != 0; left &= left - 1) {
    const int lane = std::countr_zero(left);
    const std::uint64_t address = access.addresses[static_cast<std::size_t>(lane)];
    if (address < kFirstLocal || address - kFirstLocal >= kernel_->local_bytes ||
        kernel_->local_bytes - (address - kFirstLocal) < access.size)
      report_bounds(access, address, lane);
    const std::uint64_t thread = access.warp->first_thread + static_cast<std::uint32_t>(lane);
    const std::size_t at = static_cast<std::size_t>(thread * stride + address - kFirstLocal);
    if (access.touch == Touch::atomic) report_bounds(access, address, lane);
    if (access.touch == Touch::write) {
      store_lane(instruction, *access.warp, lane, local_.data() + at);
      std::memset(local_defined_.data() + at, 0xff, access.size);
    } else {
      if (launch_->check_undefined && !all_defined(local_defined_.data() + at, access.size))
        report_undefined(access, address, lane, View{});
      load_lane(instruction, *access.warp, lane, local_.data() + at);
    }
  }
}

}  // namespace envlock::ptx
