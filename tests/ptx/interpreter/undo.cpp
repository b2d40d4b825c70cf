#include "undo.h"

#include <algorithm>

namespace envlock::ptx {

void Undo::save(Allocation& allocation, std::uint64_t page) {
  const std::lock_guard lock(mutex_);
  if (allocation.saved[page].load(std::memory_order_relaxed) == launch_) return;
  const std::uint64_t begin = page * kPageBytes, end = std::min(begin + kPageBytes, allocation.size);
  pages_.push_back({&allocation,
                    page,
                    {allocation.data.get() + begin, allocation.data.get() + end},
                    {allocation.defined.get() + begin, allocation.defined.get() + end}});
  allocation.saved[page].store(launch_, std::memory_order_release);
}

void Undo::restore() {
  for (const Page& page : pages_) {
    std::copy(page.data.begin(), page.data.end(), page.allocation->data.get() + page.page * kPageBytes);
    std::copy(page.defined.begin(), page.defined.end(), page.allocation->defined.get() + page.page * kPageBytes);
  }
  pages_.clear();
}

}  // namespace envlock::ptx
