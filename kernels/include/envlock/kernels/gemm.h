#pragma once

#include <cstddef>

namespace envlock::kernels {

/// Which operand is read transposed. Matrices are row-major; `ld` is the distance between rows, in elements.
enum class GemmForm {
  nn,  ///< a is (M,K), b is (K,N)
  nt,  ///< a is (M,K), b is (N,K)
  tn,  ///< a is (K,M), b is (K,N)
};

/// c[i,j] = the chain acc = fma(a(i,k), b(k,j), acc) over k = 0 .. K-1, from acc = +0.
/// Shapes: c (M,N); a and b as the form says. c overlaps neither.
/// Order: k ascending, one accumulator an output, on every backend; blocking and vectors go across outputs only.
/// Source: docs/probe-spec.md, "GEMM".
struct Gemm {
  GemmForm form = GemmForm::nn;
  int M = 0;
  int N = 0;
  int K = 0;
  const float* a = nullptr;
  int lda = 0;
  const float* b = nullptr;
  int ldb = 0;
  float* c = nullptr;
  int ldc = 0;
};

/// The gemm of one instruction set. The output is cut into `parts` disjoint shares, which need nothing of each other:
/// they may run at the same time, or one after another, and the bits never depend on `parts`.
struct GemmFunctions {
  /// Floats of workspace that each part needs for itself; the pointers of `gemm` are not read. May be 0.
  std::size_t (*workspace_floats)(const Gemm& gemm, int parts);
  /// Computes share `part` of 0 .. parts-1. `workspace` is aligned to 64 bytes and used by this call alone.
  void (*run)(const Gemm& gemm, int part, int parts, float* workspace);
};

// One copy for each instruction set that the build has; run only what the machine can.
namespace scalar {
GemmFunctions gemm_functions();
}
namespace avx2 {
GemmFunctions gemm_functions();
}
namespace avx512 {
GemmFunctions gemm_functions();
}
namespace neon {
GemmFunctions gemm_functions();
}

}  // namespace envlock::kernels
