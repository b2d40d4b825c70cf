#include "json_scan.h"

#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace envlock::channel {
namespace {

/// One bit for each of 64 bytes.
struct Masks {
  std::uint64_t quote = 0;
  std::uint64_t backslash = 0;
  std::uint64_t open = 0;   // { or [
  std::uint64_t close = 0;  // } or ]
};

#if defined(__SSE2__)

std::uint64_t bits(__m128i bytes, int part) {
  return std::uint64_t{static_cast<std::uint16_t>(_mm_movemask_epi8(bytes))} << (16 * part);
}

Masks classify(const char* bytes) {
  Masks masks;
  for (int part = 0; part < 4; ++part) {
    const __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + 16 * part));
    // '[' and '{', and ']' and '}', differ in one bit only.
    const __m128i folded = _mm_or_si128(chunk, _mm_set1_epi8(0x20));
    masks.quote |= bits(_mm_cmpeq_epi8(chunk, _mm_set1_epi8('"')), part);
    masks.backslash |= bits(_mm_cmpeq_epi8(chunk, _mm_set1_epi8('\\')), part);
    masks.open |= bits(_mm_cmpeq_epi8(folded, _mm_set1_epi8('{')), part);
    masks.close |= bits(_mm_cmpeq_epi8(folded, _mm_set1_epi8('}')), part);
  }
  return masks;
}

#else

/// One bit for each of eight bytes that equal `wanted`. Source: the exact zero-byte test of "Hacker's Delight", 6-1.
std::uint64_t equal_bits(std::uint64_t word, char wanted) {
  constexpr std::uint64_t low = 0x7f7f7f7f7f7f7f7f;
  const std::uint64_t x = word ^ (0x0101010101010101ull * static_cast<unsigned char>(wanted));
  const std::uint64_t zero = ~(((x & low) + low) | x | low);
  return (zero >> 7) * 0x0102040810204080ull >> 56;
}

Masks classify(const char* bytes) {
  Masks masks;
  for (int part = 0; part < 8; ++part) {
    std::uint64_t word = 0;
    for (int i = 0; i < 8; ++i) {
      word |= std::uint64_t{static_cast<unsigned char>(bytes[8 * part + i])} << (8 * i);
    }
    const std::uint64_t folded = word | 0x2020202020202020ull;
    masks.quote |= equal_bits(word, '"') << (8 * part);
    masks.backslash |= equal_bits(word, '\\') << (8 * part);
    masks.open |= equal_bits(folded, '{') << (8 * part);
    masks.close |= equal_bits(folded, '}') << (8 * part);
  }
  return masks;
}

#endif

/// Bit i becomes the parity of bits 0..i: between an opening quote (included) and its closing one (not) it is set.
std::uint64_t prefix_parity(std::uint64_t bits) {
  for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

/// The bits of `masks.quote` that no backslash escapes.
std::uint64_t free_quotes(const Masks& masks, bool& escaped) {
  if (masks.backslash == 0 && !escaped) return masks.quote;
  std::uint64_t escaped_bits = 0;
  if (escaped) escaped_bits = 1;
  escaped = false;
  std::uint64_t rest = masks.backslash & ~escaped_bits;
  while (rest != 0) {
    const int at = std::countr_zero(rest);
    rest &= rest - 1;
    if (at == 63) {
      escaped = true;
      break;
    }
    escaped_bits |= std::uint64_t{2} << at;
    rest &= ~(std::uint64_t{2} << at);
  }
  return masks.quote & ~escaped_bits;
}

}  // namespace

std::size_t NestedScan::feed(const char* bytes, std::size_t size) {
  char tail[64];
  for (std::size_t at = 0; at < size; at += 64) {
    const std::size_t count = size - at < 64 ? size - at : 64;
    const char* block = bytes + at;
    if (count < 64) {
      std::memset(tail, ' ', sizeof tail);
      std::memcpy(tail, block, count);
      block = tail;
    }
    const Masks masks = classify(block);
    const bool escaped_before = escaped_;
    const std::uint64_t strings = prefix_parity(free_quotes(masks, escaped_)) ^ in_string_;
    in_string_ = std::uint64_t{0} - (strings >> 63);
    if (count < 64) {
      // The padding hides whether the last real byte is a lone backslash: count the run that ends there.
      std::size_t run = 0;
      while (run < count && block[count - 1 - run] == '\\') ++run;
      escaped_ = (run + (run == count && escaped_before ? 1 : 0)) % 2 == 1;
    }
    std::uint64_t brackets = (masks.open | masks.close) & ~strings;
    while (brackets != 0) {
      const int bit = std::countr_zero(brackets);
      brackets &= brackets - 1;
      if ((masks.open >> bit & 1) != 0) {
        ++depth_;
      } else if (--depth_ == 0) {
        done_ = true;
        return at + static_cast<std::size_t>(bit) + 1;
      }
    }
  }
  return size;
}

}  // namespace envlock::channel
