#pragma once

#include <cstddef>
#include <functional>

namespace envlock::core {

/// Runs work(0) ... work(count-1), each once, on at most `threads` threads (0: one per core), the caller's included.
/// When several throw, the exception of the lowest index is thrown again after all have ended.
void parallel_for(std::size_t count, std::size_t threads, const std::function<void(std::size_t)>& work);

}  // namespace envlock::core
