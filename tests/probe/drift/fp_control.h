// The control register of the floating-point unit, without any help of what is tested.
#pragma once

#include <cstdint>

#if defined(__x86_64__)

#include <xmmintrin.h>
constexpr std::uint32_t kFlushToZero = 1u << 15;
constexpr std::uint32_t kDenormalsAreZero = 1u << 6;
constexpr std::uint32_t kRoundDown = 1u << 13;
constexpr std::uint32_t kRoundUp = 2u << 13;
constexpr std::uint32_t kRoundToZero = 3u << 13;
inline std::uint32_t read_control() {
  return _mm_getcsr();
}
inline void write_control(std::uint32_t bits) {
  _mm_setcsr(bits);
}

#elif defined(__aarch64__)

constexpr std::uint32_t kFlushToZero = 1u << 24;
constexpr std::uint32_t kDenormalsAreZero = 0;  // flushing is one bit there, for results and inputs
constexpr std::uint32_t kRoundUp = 1u << 22;
constexpr std::uint32_t kRoundDown = 2u << 22;
constexpr std::uint32_t kRoundToZero = 3u << 22;
inline std::uint32_t read_control() {
  std::uint64_t bits;
  __asm__ volatile("mrs %0, fpcr" : "=r"(bits));
  return static_cast<std::uint32_t>(bits);
}
inline void write_control(std::uint32_t bits) {
  const std::uint64_t wide = bits;
  __asm__ volatile("msr fpcr, %0" : : "r"(wide));
}

#else
#error "say here how to read this processor's floating-point control register"
#endif

constexpr std::uint32_t kDrifts = kFlushToZero | kDenormalsAreZero | kRoundToZero;
