#pragma once

#include <chrono>
#include <optional>

namespace envlock::fetch {

/// No server makes us wait longer than this between two tries.
inline constexpr std::chrono::milliseconds kLongestWait{60'000};

/// How long to wait before try number `attempt` (1: the first repetition): base, 2 base, 4 base ..., at least what the
/// server's Retry-After asks for. No jitter: the same faults take the same time.
std::chrono::milliseconds wait_before(int attempt, double base_seconds, std::optional<long> retry_after_seconds);

}  // namespace envlock::fetch
