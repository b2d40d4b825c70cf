#include "envlock/kernels/cpu_kernels.h"

namespace envlock::kernels {
namespace scalar {
CpuKernels cpu_kernels();
}
namespace avx2 {
CpuKernels cpu_kernels();
}
namespace avx512 {
CpuKernels cpu_kernels();
}
namespace neon {
CpuKernels cpu_kernels();
}

std::vector<const CpuKernels*> usable_cpu_kernels() {
  static const CpuKernels generic = scalar::cpu_kernels();
  std::vector<const CpuKernels*> usable = {&generic};
#ifdef ENVLOCK_HAS_avx2
  // The compiler's built-in asks the processor, and the operating system whether it saves the wide registers.
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    static const CpuKernels wide = avx2::cpu_kernels();
    usable.push_back(&wide);
  }
#endif
#ifdef ENVLOCK_HAS_avx512
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("fma")) {
    static const CpuKernels wider = avx512::cpu_kernels();
    usable.push_back(&wider);
  }
#endif
#ifdef ENVLOCK_HAS_neon
  static const CpuKernels vectors = neon::cpu_kernels();
  usable.push_back(&vectors);
#endif
  return usable;
}

}  // namespace envlock::kernels
