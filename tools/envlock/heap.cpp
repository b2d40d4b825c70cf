#include "heap.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace envlock::tools {

void use_large_pages() {
#ifdef __GLIBC__
  constexpr std::size_t kHeap = std::size_t{64} << 20, kPage = std::size_t{2} << 20;
  // Address space, not memory. What is freed is used again and not given back bit by bit.
  mallopt(M_TOP_PAD, static_cast<int>(kHeap));
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_MMAP_THRESHOLD, 16 << 20);
  const auto before = reinterpret_cast<std::uintptr_t>(sbrk(0));
  void* volatile more = std::malloc(kPage);  // volatile: a pair that cancels out would be left out
  std::free(more);
  const auto after = reinterpret_cast<std::uintptr_t>(sbrk(0));
  const std::uintptr_t begin = (before + kPage - 1) & ~(kPage - 1);
  if (after > begin) (void)madvise(reinterpret_cast<void*>(begin), after - begin, MADV_HUGEPAGE);
#endif
}

}  // namespace envlock::tools
