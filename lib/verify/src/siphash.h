#pragma once

#include <cstdint>
#include <string_view>

namespace envlock::verify {

/// SipHash-c-d of the bytes with the 128-bit key (key, 0). Source: Aumasson and Bernstein, "SipHash: a fast short-input
/// PRF", 2012.
std::uint64_t siphash(int compression_rounds, int finalization_rounds, std::uint64_t key, std::string_view bytes);

}  // namespace envlock::verify
