#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace envlock::core {

/// Milliseconds since 1970-01-01T00:00:00Z.
using Milliseconds = std::int64_t;

/// RFC 3339 ("2026-03-02T10:00:00Z", an offset, fractional seconds) or a bare date, which is the end of that day UTC:
/// its last millisecond. Absent for anything else, impossible dates included.
std::optional<Milliseconds> parse_time(std::string_view text);
/// "2026-03-02T10:00:00Z", with ".123" when the milliseconds are not zero.
std::string format_time(Milliseconds time);

}  // namespace envlock::core
