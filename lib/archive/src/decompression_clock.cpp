#include "decompression_clock.h"

#include <atomic>

#include "envlock/archive/package.h"

namespace envlock::archive {
namespace {

std::atomic<std::uint64_t> total{0};

}  // namespace

void DecompressionClock::pause() {
  const auto spent = std::chrono::steady_clock::now() - started_;
  const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(spent).count();
  total.fetch_add(static_cast<std::uint64_t>(nanoseconds), std::memory_order_relaxed);
}

std::uint64_t decompression_nanoseconds() {
  return total.load(std::memory_order_relaxed);
}

}  // namespace envlock::archive
