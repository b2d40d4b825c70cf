#include "retry.h"

#include <algorithm>

namespace envlock::fetch {

std::chrono::milliseconds wait_before(int attempt, double base_seconds, std::optional<long> retry_after_seconds) {
  const int doublings = std::clamp(attempt - 1, 0, 20);
  const double seconds = std::clamp(base_seconds, 0.0, 60.0) * static_cast<double>(1 << doublings);
  std::chrono::milliseconds wait(static_cast<std::int64_t>(std::min(seconds, 60.0) * 1000.0));
  if (retry_after_seconds) {
    const long asked = std::clamp(*retry_after_seconds, 0L, 3600L);
    wait = std::max(wait, std::chrono::milliseconds(asked * 1000));
  }
  return std::min(wait, kLongestWait);
}

}  // namespace envlock::fetch
