#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace envlock::pypi {

enum class Wrapping { none, gzip };

/// Gives what was packed to `sink`, piece by piece, until it says false, the data ends or is damaged, or more than
/// `limit` bytes came out. False for the last two.
bool inflate(std::string_view packed, Wrapping wrapping, std::uint64_t limit,
             const std::function<bool(std::string_view)>& sink);

/// The CRC-32 of zip and gzip.
std::uint32_t crc32(std::string_view bytes);

}  // namespace envlock::pypi
