#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace envlock::archive {

/// The number in `bytes` from `offset`, least byte first. The caller has checked that it is there.
inline std::uint64_t little_endian(std::string_view bytes, std::size_t offset, std::size_t length) {
  std::uint64_t value = 0;
  for (std::size_t i = length; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[offset + i]);
  return value;
}

inline void append_little_endian(std::string& bytes, std::uint64_t value, std::size_t length) {
  for (std::size_t i = 0; i < length; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
}

}  // namespace envlock::archive
