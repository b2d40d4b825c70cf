#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace envlock::channel {

/// A fast hash for tables in memory and for noticing damage in our own cache files. Not for anything an attacker gains
/// by colliding, and the same on every machine of one byte order.
inline std::uint64_t hash_text(std::string_view text) {
  constexpr std::uint64_t prime = 0x9e3779b97f4a7c15ull;
  std::uint64_t hash = text.size() * prime;
  const char* at = text.data();
  std::size_t rest = text.size();
  const auto mix = [&hash](std::uint64_t word) {
    hash = (hash ^ word) * 0xff51afd7ed558ccdull;
    hash ^= hash >> 32;
  };
  for (; rest >= 8; rest -= 8, at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    mix(word);
  }
  if (rest > 0) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, rest);
    mix(word);
  }
  hash *= prime;
  return hash ^ (hash >> 29);
}

}  // namespace envlock::channel
