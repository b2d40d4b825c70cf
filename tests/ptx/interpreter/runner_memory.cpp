#include "runner.h"

#include <algorithm>
#include <bit>
#include <cstring>

/// Loads, stores and atomics of a warp: addresses first, then bounds, then what the checks want to know, then the
/// bytes.
namespace envlock::ptx {
void BlockRunner::access(Warp& warp, const Instruction& instruction, std::uint32_t active, Touch touch) {
  Access access;
  access.instruction = &instruction;
  access.warp = &warp;
  access.active = active;
  access.touch = touch;
  access.space = instruction.space == Space::constant ? Space::global : instruction.space;
  access.size = unsigned{instruction.bytes} * instruction.elements;
  const std::byte* const base = row(warp, instruction.address);
  alignas(64) std::array<std::uint64_t, kLanes> extended;
  const std::uint64_t* addresses = reinterpret_cast<const std::uint64_t*>(base);
  if (!instruction.address_wide) {
    for (int lane = 0; lane < kLanes; ++lane)
      extended[static_cast<std::size_t>(lane)] = reinterpret_cast<const std::uint32_t*>(base)[lane];
    addresses = extended.data();
  }
  const bool prefix = is_prefix(active);
  AddressFacts facts = rows_->addresses(access.addresses.data(), addresses, instruction.offset, access.size,
                                        prefix ? lanes_in(active) : kLanes);
  if (!prefix) {
    facts = {~std::uint64_t{0}, 0, 0, false, false};
    for (std::uint32_t left = active; left != 0; left &= left - 1) {
      const std::uint64_t address = access.addresses[static_cast<std::size_t>(std::countr_zero(left))];
      facts.low = std::min(facts.low, address);
      facts.high = std::max(facts.high, address);
      facts.bits |= address;
    }
    facts.uniform = facts.low == facts.high;
  }
  if ((facts.bits & (access.size - 1)) != 0) report_alignment(access);
  if (access.space == Space::generic) {
    const std::uint64_t window = facts.low & kWindowMask;
    if (window != (facts.high & kWindowMask)) return access_each(access);
    if (window == kSharedWindow || window == kLocalWindow) {
      access.space = window == kSharedWindow ? Space::shared : Space::local;
      for (std::uint64_t& address : access.addresses) address -= window;
      facts.low -= window;
      facts.high -= window;
    } else {
      access.space = Space::global;
    }
  }
  if (access.space == Space::param && facts.low >= kFirstLocal) access.space = Space::local;
  if (access.space == Space::local) return access_local(access);
  if (access.space == Space::param) {
    for (std::uint32_t left = active; left != 0; left &= left - 1) {
      const int lane = std::countr_zero(left);
      const std::uint64_t address = access.addresses[static_cast<std::size_t>(lane)];
      if (address > launch_->parameters.size() || launch_->parameters.size() - address < access.size)
        report_bounds(access, address, lane);
      load_lane(instruction, warp, lane, launch_->parameters.data() + address);
    }
    return;
  }
  View view;
  if (!resolve(access, facts.low, facts.high, view)) return access_each(access);
  use(access, view, facts);
}

/// The slow way, for lanes that access different allocations: each alone.
void BlockRunner::access_each(Access& access) {
  const std::uint32_t active = access.active;
  const Space space = access.space;
  for (std::uint32_t left = active; left != 0; left &= left - 1) {
    const int lane = std::countr_zero(left);
    std::uint64_t address = access.addresses[static_cast<std::size_t>(lane)];
    access.active = 1u << lane;
    access.space = space;
    if (space == Space::generic) {
      const std::uint64_t window = address & kWindowMask;
      access.space = window == kSharedWindow ? Space::shared : window == kLocalWindow ? Space::local : Space::global;
      if (access.space != Space::global) address -= window;
      access.addresses[static_cast<std::size_t>(lane)] = address;
    }
    if (access.space == Space::local) {
      access_local(access);
      continue;
    }
    View view;
    if (!resolve(access, address, address, view)) report_bounds(access, address, lane);
    use(access, view, {address, address, address, false, true});
  }
}

bool BlockRunner::resolve(const Access& access, std::uint64_t low, std::uint64_t high, View& view) {
  if (high > ~std::uint64_t{0} - access.size) return false;
  const std::uint64_t end = high + access.size;
  return access.space == Space::shared ? resolve_shared(low, end, view) : resolve_global(access, low, end, view);
}

bool BlockRunner::resolve_shared(std::uint64_t low, std::uint64_t end, View& view) {
  const auto set = [&](std::uint64_t first, std::uint64_t last) {
    if (low < first || end > last) return false;
    view.data = shared_.data() + (first - kFirstShared);
    view.begin = first;
    view.end = last;
    view.trace_begin = kFirstShared;
    view.trace = &shared_trace_;
    view.clock = &shared_clock_;
    return true;
  };
  for (const NamedRange& range : kernel_->shared)
    if (set(range.begin, range.end)) return true;
  return set(kDynamicShared, kDynamicShared + launch_->dynamic_shared);
}

bool BlockRunner::resolve_global(const Access& access, std::uint64_t low, std::uint64_t end, View& view) {
  Allocation*& last = last_allocation_[static_cast<std::size_t>(access.instruction - kernel_->code.data())];
  if (last == nullptr || low - last->address >= last->size) last = memory_.find(low);
  if (last == nullptr || !last->live || end - last->address > last->size || end <= low) return false;
  if (last->read_only && access.touch != Touch::read) return false;
  if (access.instruction->space == Space::constant && !last->read_only) return false;
  view.data = last->data.get();
  view.defined = last->defined.get();
  view.begin = view.trace_begin = last->address;
  view.end = last->address + last->size;
  view.allocation = last;
  view.clock = &clock_;
  view.trace = last->read_only || !launch_->check_races ? nullptr : &trace_for(*last, access.instruction->bytes);
  return true;
}

Trace& BlockRunner::trace_for(Allocation& allocation, unsigned bytes) {
  std::unique_ptr<Trace>& trace = traces_[allocation.id];
  if (trace != nullptr && (bytes >= 4 || trace->shift == 0)) return *trace;
  auto made = std::make_unique<Trace>();
  made->shift = bytes < 4 ? 0 : 2;
  const std::size_t units = (static_cast<std::size_t>(allocation.size) >> made->shift) + 8;
  made->writes = ZeroWords(units);
  made->reads = ZeroWords(units);
  made->page_reads.assign(allocation.pages(), 0);
  made->page_writes.assign(allocation.pages(), 0);
  if (trace != nullptr) {  // word records become four byte records each
    for (std::size_t i = 0; i < allocation.size; ++i) {
      made->writes.data()[i] = trace->writes.data()[i / 4];
      made->reads.data()[i] = trace->reads.data()[i / 4];
    }
    made->page_reads = trace->page_reads;
    made->page_writes = trace->page_writes;
  }
  trace = std::move(made);
  return *trace;
}

void BlockRunner::mark_pages(Trace& trace, std::uint64_t begin, std::uint64_t end, Touch touch) const {
  std::vector<std::uint32_t>& pages = touch == Touch::read ? trace.page_reads : trace.page_writes;
  for (std::uint64_t page = begin / kPageBytes; page * kPageBytes < end; ++page) pages[page] = launch_->number;
}

void BlockRunner::use(Access& access, const View& view, const AddressFacts& facts) {
  if (access.instruction->read_only && view.trace != nullptr) require_unwritten(access, view);
  if (access.touch == Touch::read && read_scattered(access, view, facts)) return;
  if (access.touch != Touch::write) require_defined(access, view, facts);
  if (view.trace != nullptr) watch(access, view, facts);
  if (access.touch != Touch::read && view.allocation != nullptr && undo_ != nullptr) {
    if (facts.contiguous || facts.uniform) {
      undo_->before_write(*view.allocation, facts.low - view.begin, facts.high + access.size - view.begin);
    } else {
      for (std::uint32_t left = access.active; left != 0; left &= left - 1) {
        const std::uint64_t at = access.addresses[static_cast<std::size_t>(std::countr_zero(left))] - view.begin;
        undo_->before_write(*view.allocation, at, at + access.size);
      }
    }
  }
  move_values(access, view, facts);
}

void BlockRunner::require_defined(const Access& access, const View& view, const AddressFacts& facts) const {
  if (!launch_->check_undefined) return;
  const bool run = facts.contiguous || facts.uniform;
  const auto is_defined = [&](std::uint64_t address, std::uint64_t bytes) {
    if (view.defined != nullptr) return all_defined(view.defined + (address - view.begin), bytes);
    // Shared memory: what this block wrote has a record of this block.
    const int shift = view.trace->shift;
    return rows_->written_since(view.trace->writes.data() + ((address - view.trace_begin) >> shift),
                                static_cast<int>(std::max<std::uint64_t>(bytes >> shift, 1)), clock_.block_start);
  };
  if (run && is_defined(facts.low, facts.high - facts.low + access.size)) return;
  for (std::uint32_t left = access.active; left != 0; left &= left - 1) {
    const int lane = std::countr_zero(left);
    const std::uint64_t address = access.addresses[static_cast<std::size_t>(lane)];
    if (!is_defined(address, access.size)) report_undefined(access, address, lane, view);
  }
}

/// ld.global.nc may read from a cache that no store reaches: what this launch wrote is not to be read so.
void BlockRunner::require_unwritten(const Access& access, const View& view) const {
  for (std::uint32_t left = access.active; left != 0; left &= left - 1) {
    const int lane = std::countr_zero(left);
    const std::uint64_t address = access.addresses[static_cast<std::size_t>(lane)];
    const std::uint64_t begin = (address - view.trace_begin) >> view.trace->shift;
    for (std::uint64_t unit = begin; unit < begin + (access.size >> view.trace->shift); ++unit)
      if (view.trace->writes.data()[unit] >= view.clock->launch_start)
        find("read-only-load",
             thread_name(static_cast<int>(access.warp->first_thread) + lane) +
                 " reads through the read-only cache what this launch wrote: " + describe(access.space, address),
             access.instruction, static_cast<int>(access.warp->first_thread) + lane);
  }
}

void BlockRunner::watch(const Access& access, const View& view, const AddressFacts& facts) {
  Trace& trace = *view.trace;
  if (view.allocation != nullptr) {
    if (facts.contiguous || facts.uniform) {
      mark_pages(trace, facts.low - view.begin, facts.high + access.size - view.begin, access.touch);
    } else {
      for (std::uint32_t left = access.active; left != 0; left &= left - 1) {
        const std::uint64_t at = access.addresses[static_cast<std::size_t>(std::countr_zero(left))] - view.begin;
        mark_pages(trace, at, at + access.size, access.touch);
      }
    }
  }
  const bool several = (access.active & (access.active - 1)) != 0;
  if (facts.uniform && access.touch != Touch::atomic)
    return watch_lane(access, view, std::countr_zero(access.active), several);
  if (facts.contiguous && access.touch != Touch::atomic) {
    const std::uint64_t unit = (facts.low - view.trace_begin) >> trace.shift;
    const int per_lane = static_cast<int>(access.size >> trace.shift);
    const auto record = access.touch == Touch::read ? rows_->trace_read : rows_->trace_write;
    if (!record(trace.writes.data() + unit, trace.reads.data() + unit, per_lane * lanes_in(access.active), per_lane,
                access.warp->first_thread, *view.clock))
      return;
    // Some lane conflicts: lane by lane it is found and told.
  }
  for (std::uint32_t left = access.active; left != 0; left &= left - 1)
    watch_lane(access, view, std::countr_zero(left), false);
}

void BlockRunner::watch_lane(const Access& access, const View& view, int lane, bool many) {
  Trace& trace = *view.trace;
  const std::uint64_t begin = (access.addresses[static_cast<std::size_t>(lane)] - view.trace_begin) >> trace.shift;
  const std::uint64_t units = access.size >> trace.shift;
  const std::uint64_t thread = access.warp->first_thread + static_cast<std::uint32_t>(lane);
  for (std::uint64_t unit = begin; unit < begin + units; ++unit)
    if (trace_touch(trace.writes.data()[unit], trace.reads.data()[unit], access.touch, thread, many, *view.clock)) {
      if (launch_->check_races) report_race(access, view, lane, unit);
      // Nobody asks about races, but the word is written now.
      if (access.touch != Touch::read) trace.writes.data()[unit] = view.clock->now | thread;
    }
}

}  // namespace envlock::ptx
