#pragma once

#include "memory.h"

#include <cstdint>
#include <mutex>
#include <vector>

namespace envlock::ptx {

/// Copies of the pages that a launch on several host threads writes, made before the first write: after a finding the
/// launch starts over on one thread, so that what is reported does not depend on how the threads ran.
class Undo {
 public:
  void begin(std::uint32_t launch) {
    launch_ = launch;
    pages_.clear();
  }
  /// Call before writing to [begin, end) of the allocation, offsets in bytes.
  void before_write(Allocation& allocation, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t page = begin / kPageBytes; page * kPageBytes < end; ++page)
      if (allocation.saved[page].load(std::memory_order_acquire) != launch_) save(allocation, page);
  }
  void restore();

 private:
  struct Page {
    Allocation* allocation;
    std::uint64_t page;
    std::vector<std::byte> data;
    std::vector<std::uint8_t> defined;
  };
  void save(Allocation& allocation, std::uint64_t page);

  std::uint32_t launch_ = 0;
  std::mutex mutex_;
  std::vector<Page> pages_;
};

}  // namespace envlock::ptx
