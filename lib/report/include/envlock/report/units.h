#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace envlock::report {

/// "7.5 MB": three digits at most, powers of 1000.
std::string format_bytes(std::uint64_t bytes);
/// "1,204".
std::string format_count(std::uint64_t count);
/// "1 package", "1,204 packages".
std::string count_of(std::size_t count, std::string_view noun);

}  // namespace envlock::report
