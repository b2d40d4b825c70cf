#include "decompression_clock.h"

#include <time.h>

#include <atomic>

#include "envlock/archive/package.h"

namespace envlock::archive {
namespace {

std::atomic<std::uint64_t> total{0};

/// What the thread has computed: on a busy machine a thread also waits for its turn, which is no decompressor's doing.
std::uint64_t thread_nanoseconds() {
  constexpr std::uint64_t kNanoseconds = 1'000'000'000;
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * kNanoseconds + static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace

void DecompressionClock::resume() {
  started_ = thread_nanoseconds();
}

void DecompressionClock::pause() {
  total.fetch_add(thread_nanoseconds() - started_, std::memory_order_relaxed);
}

std::uint64_t decompression_nanoseconds() {
  return total.load(std::memory_order_relaxed);
}

}  // namespace envlock::archive
