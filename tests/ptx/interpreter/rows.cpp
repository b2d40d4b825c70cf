#include "rows.h"

#include <cstdlib>
#include <string_view>

namespace envlock::ptx {
namespace {

const RowKernels& choose() {
#if defined(__x86_64__)
  const char* wish = std::getenv("ENVLOCK_PTX_ROWS");
  const std::string_view most = wish == nullptr ? "avx512" : wish;
  const bool avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 &&
                    __builtin_cpu_supports("bmi") != 0 && __builtin_cpu_supports("bmi2") != 0;
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
                      __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
                      __builtin_cpu_supports("avx512cd") != 0;
  if (avx512 && most == "avx512") return rows_avx512();
  if (avx2 && most != "generic") return rows_avx2();
#endif
  return rows_generic();
}

}  // namespace

const RowKernels& row_kernels() {
  static const RowKernels& chosen = choose();
  return chosen;
}

}  // namespace envlock::ptx
