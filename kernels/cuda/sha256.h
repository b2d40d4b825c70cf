// SHA-256 of one message by one thread (FIPS 180-4), and the states that the fixed prefixes of docs/probe-spec.md lead
// to.
#pragma once

#include "device.h"

namespace envlock::kernels::cuda {

struct Sha256State {
  unsigned word[8];
};

#ifdef ENVLOCK_FIBER_CUDA
#define ENVLOCK_ANYWHERE inline
#else
#define ENVLOCK_ANYWHERE __host__ __device__ __attribute__((always_inline)) inline
#endif

ENVLOCK_ANYWHERE constexpr unsigned rotate_right(unsigned x, int by) {
  return (x >> by) | (x << (32 - by));
}

/// One compression. `w` is used up. All loops must be unrolled, so that state and schedule stay in registers.
ENVLOCK_ANYWHERE constexpr Sha256State sha256_compress(const Sha256State& state, unsigned (&w)[16]) {
  constexpr unsigned kRound[64] = {
      0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
      0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
      0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
      0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
      0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
      0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
      0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
      0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
  Sha256State s = state;
#pragma unroll
  for (int i = 0; i < 64; ++i) {
    if (i >= 16) {
      const unsigned early = w[(i + 1) % 16];
      const unsigned late = w[(i + 14) % 16];
      w[i % 16] += (rotate_right(early, 7) ^ rotate_right(early, 18) ^ (early >> 3)) + w[(i + 9) % 16] +
                   (rotate_right(late, 17) ^ rotate_right(late, 19) ^ (late >> 10));
    }
    // The eight words turn by renaming: word (j - i) mod 8 plays the part of word j.
    const unsigned a = s.word[(64 - i) % 8];
    const unsigned b = s.word[(65 - i) % 8];
    const unsigned c = s.word[(66 - i) % 8];
    const unsigned e = s.word[(68 - i) % 8];
    const unsigned f = s.word[(69 - i) % 8];
    const unsigned g = s.word[(70 - i) % 8];
    const unsigned h = s.word[(71 - i) % 8] + (rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25)) +
                       (g ^ (e & (f ^ g))) + kRound[i] + w[i % 16];
    s.word[(67 - i) % 8] += h;
    s.word[(71 - i) % 8] =
        h + (rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22)) + ((a & b) | (c & (a | b)));
  }
#pragma unroll
  for (int i = 0; i < 8; ++i) {
    s.word[i] += state.word[i];
  }
  return s;
}

/// The state after a tag of docs/probe-spec.md: the text, filled up to 64 bytes with zeros.
template <int kLength>
ENVLOCK_ANYWHERE constexpr Sha256State sha256_after_tag(const char (&text)[kLength]) {
  unsigned w[16] = {};
  for (int i = 0; i + 1 < kLength; ++i) {
    w[i / 4] |= static_cast<unsigned>(static_cast<unsigned char>(text[i])) << (24 - i % 4 * 8);
  }
  return sha256_compress(
      {{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}}, w);
}

}  // namespace envlock::kernels::cuda
