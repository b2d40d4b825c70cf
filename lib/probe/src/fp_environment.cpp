#include "fp_environment.h"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace envlock::probe {

#if defined(__x86_64__)

namespace {
constexpr std::uint32_t kStickyFlags = 0x3f;
constexpr std::uint32_t kDenormalsAreZero = 1u << 6;
constexpr std::uint32_t kMasks = 0x1f80;
constexpr std::uint32_t kRoundingShift = 13;
constexpr std::uint32_t kFlushToZero = 1u << 15;
constexpr const char* kRounding[] = {"", "rounding downward", "rounding upward", "rounding toward zero"};
}  // namespace

FpControl default_fp_control() {
  return {kMasks};
}
FpControl read_fp_control() {
  return {_mm_getcsr() & ~kStickyFlags};
}
void write_fp_control(FpControl control) {
  _mm_setcsr(control.bits);
}
std::vector<std::string> describe(FpControl control) {
  std::vector<std::string> words;
  if ((control.bits & kFlushToZero) != 0) words.emplace_back("flush-to-zero");
  if ((control.bits & kDenormalsAreZero) != 0) words.emplace_back("denormals-are-zero");
  if (const std::uint32_t mode = control.bits >> kRoundingShift & 3u; mode != 0) words.emplace_back(kRounding[mode]);
  if ((control.bits & kMasks) != kMasks) words.emplace_back("exceptions trap");
  return words;
}

#elif defined(__aarch64__)

namespace {
constexpr std::uint32_t kFlushToZero = 1u << 24;
constexpr std::uint32_t kRoundingShift = 22;
constexpr std::uint32_t kTraps = 0x9f00;
constexpr const char* kRounding[] = {"", "rounding upward", "rounding downward", "rounding toward zero"};
}  // namespace

FpControl default_fp_control() {
  return {0};
}
FpControl read_fp_control() {
  std::uint64_t bits;
  __asm__ volatile("mrs %0, fpcr" : "=r"(bits));
  return {static_cast<std::uint32_t>(bits)};
}
void write_fp_control(FpControl control) {
  const std::uint64_t bits = control.bits;
  __asm__ volatile("msr fpcr, %0" : : "r"(bits));
}
std::vector<std::string> describe(FpControl control) {
  std::vector<std::string> words;
  if ((control.bits & kFlushToZero) != 0) words.emplace_back("flush-to-zero");
  if (const std::uint32_t mode = control.bits >> kRoundingShift & 3u; mode != 0) words.emplace_back(kRounding[mode]);
  if ((control.bits & kTraps) != 0) words.emplace_back("exceptions trap");
  return words;
}

#else
#error "say here how to read this processor's floating-point control register"
#endif

}  // namespace envlock::probe
