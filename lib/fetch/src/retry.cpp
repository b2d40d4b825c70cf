#include "retry.h"

#include <algorithm>

namespace envlock::fetch {

std::optional<std::chrono::milliseconds> wait_before(int attempt, double base_seconds,
                                                     std::optional<long> retry_after_seconds,
                                                     std::chrono::milliseconds waited) {
  const int doublings = std::clamp(attempt - 1, 0, 20);
  const double seconds = std::clamp(base_seconds, 0.0, 60.0) * static_cast<double>(1 << doublings);
  std::chrono::milliseconds wait(static_cast<std::int64_t>(std::min(seconds, 60.0) * 1000.0));
  if (!retry_after_seconds) return wait;
  const std::chrono::seconds asked(std::max(*retry_after_seconds, 0L));
  if (asked > std::chrono::duration_cast<std::chrono::seconds>(kLongestWait)) return std::nullopt;
  wait = std::max<std::chrono::milliseconds>(wait, asked);
  if (waited + wait > kLongestWaits) return std::nullopt;
  return wait;
}

}  // namespace envlock::fetch
