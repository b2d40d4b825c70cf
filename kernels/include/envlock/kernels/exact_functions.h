#pragma once

#include <cstddef>

namespace envlock::kernels {

/// exp, log and tanh of one instruction set over arrays, correctly rounded; and each before its rounding to float32,
/// for the proof that the rounding is right. Not for the ops: those inline kernels/cpu/exact_functions.h. Source:
/// docs/exact-math.md.
struct ExactFunctions {
  using ToFloat = void (*)(const float* x, float* y, std::size_t n);
  using ToDouble = void (*)(const float* x, double* y, std::size_t n);

  const char* name = "";
  ToFloat exp = nullptr;
  ToFloat log = nullptr;
  ToFloat tanh = nullptr;
  ToDouble exp_unrounded = nullptr;
  ToDouble log_unrounded = nullptr;
  ToDouble tanh_unrounded = nullptr;
};

// One table an instruction set; only those that the library was built with are defined (kernels/CMakeLists.txt).
// Call one only on a machine that has the instructions.
namespace scalar {
ExactFunctions exact_functions();
}
namespace avx2 {
ExactFunctions exact_functions();
}
namespace avx512 {
ExactFunctions exact_functions();
}
namespace neon {
ExactFunctions exact_functions();
}

}  // namespace envlock::kernels
