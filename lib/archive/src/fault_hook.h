#pragma once

#include <atomic>

namespace envlock::archive {

/// For tests alone: called at the steps of unpacking with the step's name; may throw or end the process.
inline std::atomic<void (*)(const char* step)> fault_hook{nullptr};

inline void at_step(const char* step) {
  if (const auto hook = fault_hook.load(std::memory_order_relaxed)) hook(step);
}

}  // namespace envlock::archive
