#pragma once

#include "rows.h"

#include <cstdint>

/// Race records. For each unit (a 4-byte word, or a byte where bytes are accessed) two 64-bit records are kept: the
/// last write and the last read since the launch began, as (interval, flags, thread). An interval is the time between
/// two barriers of one block; numbers only grow, over blocks and launches, so nothing is ever cleared.
namespace envlock::ptx {

inline constexpr std::uint64_t kTraceThread = 1023;          ///< bits 0..9
inline constexpr std::uint64_t kTraceManyThreads = 1 << 10;  ///< of a read: more than one thread read in this interval
inline constexpr std::uint64_t kTraceManyBlocks = 1 << 11;   ///< of a read: more than one block read in this launch
inline constexpr std::uint64_t kTraceAtomic = 1 << 10;       ///< of a write: it was an atomic
inline constexpr int kTraceTimeShift = 12;

enum class Touch : std::uint8_t { read, write, atomic };

/// Updates the records of one unit. `many` says that several lanes touch it with one instruction.
/// Returns true on a conflict, and records nothing then.
inline bool trace_touch(std::uint64_t& write, std::uint64_t& read, Touch touch, std::uint64_t thread, bool many,
                        const TraceClock& clock) {
  const std::uint64_t last_write = write, last_read = read;
  bool conflict = false;
  if (last_write >= clock.launch_start) {
    const bool both_atomic = touch == Touch::atomic && (last_write & kTraceAtomic) != 0;
    const bool same_interval = (last_write >> kTraceTimeShift) == (clock.now >> kTraceTimeShift);
    conflict = !both_atomic &&
               (last_write < clock.block_start || (same_interval && (many || (last_write & kTraceThread) != thread)));
  }
  const bool read_before = last_read >= clock.launch_start;
  const bool read_here = last_read >= clock.block_start;
  const bool read_now = (last_read >> kTraceTimeShift) == (clock.now >> kTraceTimeShift);
  const bool other_reader = many || (last_read & kTraceThread) != thread;
  if (touch == Touch::read) {
    if (conflict) return true;
    std::uint64_t flags = many ? kTraceManyThreads : 0;
    if (read_before) flags |= (last_read & kTraceManyBlocks) | (read_here ? 0 : kTraceManyBlocks);
    if (read_now) flags |= (last_read & kTraceManyThreads) | (other_reader ? kTraceManyThreads : 0);
    read = clock.now | flags | thread;
    return false;
  }
  if (read_before && (!read_here || (last_read & kTraceManyBlocks) != 0)) conflict = true;
  if (read_now && (other_reader || (last_read & kTraceManyThreads) != 0)) conflict = true;
  if (many && touch == Touch::write) conflict = true;
  if (conflict) return true;
  // A plain write of the same thread keeps counting as one: another thread's atomic is not ordered behind it.
  const bool plain_before =
      (last_write >> kTraceTimeShift) == (clock.now >> kTraceTimeShift) && (last_write & kTraceAtomic) == 0;
  write = clock.now | thread | (touch == Touch::atomic && !plain_before ? kTraceAtomic : 0);
  return false;
}

}  // namespace envlock::ptx
