#pragma once

#include <chrono>
#include <optional>

namespace envlock::fetch {

/// No server makes us wait longer than the first between two tries, nor than the second for one download in all.
inline constexpr std::chrono::milliseconds kLongestWait{60'000};
inline constexpr std::chrono::milliseconds kLongestWaits{120'000};

/// How long to wait before try number `attempt` (1: the first repetition): base, 2 base, 4 base ..., at least what the
/// server's Retry-After asks for. No jitter: the same faults take the same time. `waited`: how long this download has
/// waited before. Absent: the server asks for more than we give; our own back-off, which the user sets, is kept to.
std::optional<std::chrono::milliseconds> wait_before(int attempt, double base_seconds,
                                                     std::optional<long> retry_after_seconds,
                                                     std::chrono::milliseconds waited);

}  // namespace envlock::fetch
