#pragma once

#include <cstddef>
#include <cstdint>

namespace envlock::core {

inline constexpr std::size_t kSha256Block = 64;

/// Where a message stands between two blocks: the eight words (FIPS 180-4, 6.2), and the blocks that come next.
struct Sha256Lane {
  std::uint32_t* words;
  const unsigned char* blocks;
};
/// Takes `count` blocks of each of two messages.
using Sha256PairFunction = void (*)(const Sha256Lane& first, const Sha256Lane& second, std::size_t count);

/// The way to hash two messages at once that is faster here than one after the other; null where there is none.
/// Found, and held against OpenSSL, at the first call.
Sha256PairFunction sha256_pair_function();
/// `function`, when what it makes of two fixed messages is what OpenSSL makes of them; otherwise null.
Sha256PairFunction proved_pair_function(Sha256PairFunction function);

}  // namespace envlock::core
