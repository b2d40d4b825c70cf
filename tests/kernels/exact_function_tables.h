#pragma once

#include <envlock/kernels/exact_functions.h>

#include <vector>

namespace envlock::kernels {

/// The tables of exp, log and tanh that this machine can run, the scalar one first, the fastest last.
inline std::vector<ExactFunctions> usable_exact_functions() {
  std::vector<ExactFunctions> tables = {scalar::exact_functions()};
#ifdef ENVLOCK_HAS_avx2
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) tables.push_back(avx2::exact_functions());
#endif
#ifdef ENVLOCK_HAS_avx512
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw")) {
    tables.push_back(avx512::exact_functions());
  }
#endif
#ifdef ENVLOCK_HAS_neon
  tables.push_back(neon::exact_functions());
#endif
  return tables;
}

}  // namespace envlock::kernels
