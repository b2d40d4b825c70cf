#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace envlock::probe {

/// The control bits of the floating-point unit of one thread: MXCSR on x86-64, FPCR on aarch64.
struct FpControl {
  std::uint32_t bits = 0;

  bool operator==(const FpControl&) const = default;
};

/// What IEEE 754 asks for: nearest-even, subnormals kept, no traps.
FpControl default_fp_control();
/// Of the calling thread, its sticky flags left out.
FpControl read_fp_control();
void write_fp_control(FpControl control);

/// The settings that differ from the default, in words: "flush-to-zero", "denormals-are-zero", "rounding upward".
std::vector<std::string> describe(FpControl control);

/// Sets the default for the calling thread and puts back what was there.
class DefaultFpControl {
 public:
  DefaultFpControl() : found_(read_fp_control()) { write_fp_control(default_fp_control()); }
  ~DefaultFpControl() { write_fp_control(found_); }
  DefaultFpControl(const DefaultFpControl&) = delete;
  DefaultFpControl& operator=(const DefaultFpControl&) = delete;

 private:
  FpControl found_;
};

}  // namespace envlock::probe
