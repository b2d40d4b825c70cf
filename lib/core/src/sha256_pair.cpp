#include "sha256_pair.h"

// Only these calls show the words of a hash that is not finished.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

// Why not OpenSSL's code here: a round of SHA-256 waits for the round before it, so that one message uses the
// processor's instructions for it half of the time. OpenSSL takes one message at a time; two messages in step take
// hardly longer than one.

namespace envlock::core {
namespace {

#if defined(__x86_64__)

#define ENVLOCK_SHA __attribute__((target("sha,sse4.1")))
#define ENVLOCK_SHA_INLINE __attribute__((target("sha,sse4.1"), always_inline)) inline

// Source: FIPS 180-4, 4.2.2.
alignas(16) constexpr std::array<std::uint32_t, 64> kRoundConstants{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

bool has_instructions() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned kSsse3 = 1u << 9, kSse41 = 1u << 19, kSha = 1u << 29;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & kSsse3) == 0 || (c & kSse41) == 0) return false;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & kSha) != 0;
}

ENVLOCK_SHA_INLINE __m128i load(const void* bytes) {
  return _mm_loadu_si128(static_cast<const __m128i*>(bytes));
}

/// The eight words in the order that the instructions want, and the last sixteen words of the message schedule.
struct Working {
  __m128i abef, cdgh;
  __m128i schedule[4];
};

ENVLOCK_SHA_INLINE void unpack(const std::uint32_t* words, Working& working) {
  const __m128i cdab = _mm_shuffle_epi32(load(words), 0xb1);
  const __m128i efgh = _mm_shuffle_epi32(load(words + 4), 0x1b);
  working.abef = _mm_alignr_epi8(cdab, efgh, 8);
  working.cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
}

ENVLOCK_SHA_INLINE void pack(const Working& working, std::uint32_t* words) {
  const __m128i feba = _mm_shuffle_epi32(working.abef, 0x1b);
  const __m128i dchg = _mm_shuffle_epi32(working.cdgh, 0xb1);
  const __m128i halves[2] = {_mm_blend_epi16(feba, dchg, 0xf0), _mm_alignr_epi8(dchg, feba, 8)};
  std::memcpy(words, halves, sizeof halves);
}

/// Rounds 4 * Group up to 4 * Group + 3.
template <int Group>
ENVLOCK_SHA_INLINE void four_rounds(Working& working, const unsigned char* block) {
  __m128i& words = working.schedule[Group & 3];
  if constexpr (Group < 4) {
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    words = _mm_shuffle_epi8(load(block + 16 * Group), big_endian);
  } else {
    const __m128i second = working.schedule[(Group + 1) & 3];
    const __m128i third = working.schedule[(Group + 2) & 3];
    const __m128i last = working.schedule[(Group + 3) & 3];
    const __m128i sums = _mm_add_epi32(_mm_sha256msg1_epu32(words, second), _mm_alignr_epi8(last, third, 4));
    words = _mm_sha256msg2_epu32(sums, last);
  }
  const __m128i terms = _mm_add_epi32(words, load(kRoundConstants.data() + 4 * Group));
  working.cdgh = _mm_sha256rnds2_epu32(working.cdgh, working.abef, terms);
  working.abef = _mm_sha256rnds2_epu32(working.abef, working.cdgh, _mm_shuffle_epi32(terms, 0x0e));
}

/// The two messages take turns: what one does stands where the other waits.
template <int... Groups>
ENVLOCK_SHA_INLINE void all_rounds(Working& first, const unsigned char* first_block, Working& second,
                                   const unsigned char* second_block, std::integer_sequence<int, Groups...>) {
  ((four_rounds<Groups>(first, first_block), four_rounds<Groups>(second, second_block)), ...);
}

ENVLOCK_SHA void hash_two(const Sha256Lane& first, const Sha256Lane& second, std::size_t count) {
  Working one, two;
  unpack(first.words, one);
  unpack(second.words, two);
  for (std::size_t i = 0; i < count; ++i) {
    const __m128i before[4] = {one.abef, one.cdgh, two.abef, two.cdgh};
    all_rounds(one, first.blocks + i * kSha256Block, two, second.blocks + i * kSha256Block,
               std::make_integer_sequence<int, 16>());
    one.abef = _mm_add_epi32(one.abef, before[0]);
    one.cdgh = _mm_add_epi32(one.cdgh, before[1]);
    two.abef = _mm_add_epi32(two.abef, before[2]);
    two.cdgh = _mm_add_epi32(two.cdgh, before[3]);
  }
  pack(one, first.words);
  pack(two, second.words);
}

Sha256PairFunction find_pair_function() {
  return has_instructions() ? hash_two : nullptr;
}

#else

Sha256PairFunction find_pair_function() {
  return nullptr;
}

#endif

}  // namespace

Sha256PairFunction proved_pair_function(Sha256PairFunction function) {
  if (function == nullptr) return nullptr;
  constexpr std::size_t kBlocks = 5, kFirstStep = 2;
  std::array<std::array<unsigned char, kBlocks * kSha256Block>, 2> messages;
  std::array<SHA256_CTX, 2> want;
  std::array<std::array<std::uint32_t, 8>, 2> have;
  std::uint32_t random = 1;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    for (unsigned char& byte : messages[i])
      byte = static_cast<unsigned char>((random = random * 1664525 + 1013904223) >> 24);
    SHA256_Init(&want[i]);
    std::copy(std::begin(want[i].h), std::end(want[i].h), have[i].begin());
    SHA256_Update(&want[i], messages[i].data(), messages[i].size());
  }
  const auto take = [&](std::size_t begin, std::size_t end) {
    function({have[0].data(), messages[0].data() + begin * kSha256Block},
             {have[1].data(), messages[1].data() + begin * kSha256Block}, end - begin);
  };
  take(0, kFirstStep);
  take(kFirstStep, kBlocks);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (!std::equal(have[i].begin(), have[i].end(), std::begin(want[i].h))) return nullptr;
  }
  return function;
}

Sha256PairFunction sha256_pair_function() {
  static const Sha256PairFunction function = proved_pair_function(find_pair_function());
  return function;
}

}  // namespace envlock::core
