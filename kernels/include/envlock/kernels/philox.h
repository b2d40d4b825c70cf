#pragma once

#include <cstdint>

#if defined(__CUDA__) || defined(__CUDACC__)
#define ENVLOCK_PHILOX_INLINE __attribute__((host)) __attribute__((device)) inline
#else
#define ENVLOCK_PHILOX_INLINE static inline __attribute__((always_inline))
#endif

namespace envlock::kernels {

/// The probe's random numbers: streams are told apart by the third word of the counter.
enum : std::uint32_t { kPhiloxInit = 0, kPhiloxData = 1, kPhiloxLanes = 2 };
constexpr std::uint32_t kPhiloxKey0 = 0x656e766c;
constexpr std::uint32_t kPhiloxKey1 = 0x6f636b31;

struct PhiloxWords {
  std::uint32_t w[4];
};

/// Philox4x32-10: four random words of a counter and a key.
/// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
ENVLOCK_PHILOX_INLINE PhiloxWords philox4x32_10(PhiloxWords counter, std::uint32_t key0, std::uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53u} * counter.w[0];
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57u} * counter.w[2];
    counter = {{static_cast<std::uint32_t>(product1 >> 32) ^ counter.w[1] ^ key0, static_cast<std::uint32_t>(product1),
                static_cast<std::uint32_t>(product0 >> 32) ^ counter.w[3] ^ key1,
                static_cast<std::uint32_t>(product0)}};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return counter;
}

/// philox(c0, c1, stream) of docs/probe-spec.md.
ENVLOCK_PHILOX_INLINE PhiloxWords philox(std::uint32_t c0, std::uint32_t c1, std::uint32_t stream) {
  return philox4x32_10({{c0, c1, stream, 0}}, kPhiloxKey0, kPhiloxKey1);
}

}  // namespace envlock::kernels
