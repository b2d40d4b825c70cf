// The kernels' own source as host C++, on fibers (tests/ptx/fiber_cuda.h), behind the driver's interface: the tests of
// tests/kernels/cuda/device run on it under AddressSanitizer and UndefinedBehaviorSanitizer. Nothing of PTX is in here.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>
#include <map>
#include <string>
#include <utility>

#define ENVLOCK_FIBER_CUDA
#include "all.cu"

namespace {

using Kernel = std::function<void(void**)>;

/// Calls a kernel with the arguments that a launch's pointers lead to.
template <typename... Arguments>
Kernel kernel_of(void (*function)(Arguments...)) {
  return [function](void** parameters) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      function(*static_cast<Arguments*>(parameters[I])...);
    }
    (std::index_sequence_for<Arguments...>{});
  };
}

#define ENVLOCK_KERNEL(name) \
  { #name, kernel_of(&envlock::kernels::cuda::name) }
std::map<std::string, Kernel>& kernels() {
  static std::map<std::string, Kernel> all = {
      ENVLOCK_KERNEL(envlock_adamw),
      ENVLOCK_KERNEL(envlock_block_sums),
      ENVLOCK_KERNEL(envlock_clip_scale),
      ENVLOCK_KERNEL(envlock_cross_entropy),
      ENVLOCK_KERNEL(envlock_embed_backward),
      ENVLOCK_KERNEL(envlock_embed_forward),
      ENVLOCK_KERNEL(envlock_fill),
      ENVLOCK_KERNEL(envlock_gelu_backward),
      ENVLOCK_KERNEL(envlock_gelu_forward),
      ENVLOCK_KERNEL(envlock_gemm_nn_128x128),
      ENVLOCK_KERNEL(envlock_gemm_nn_32x32),
      ENVLOCK_KERNEL(envlock_gemm_nn_64x64),
      ENVLOCK_KERNEL(envlock_gemm_nt_128x128),
      ENVLOCK_KERNEL(envlock_gemm_nt_32x32),
      ENVLOCK_KERNEL(envlock_gemm_nt_64x64),
      ENVLOCK_KERNEL(envlock_gemm_tn_128x128),
      ENVLOCK_KERNEL(envlock_gemm_tn_32x32),
      ENVLOCK_KERNEL(envlock_gemm_tn_64x64),
      ENVLOCK_KERNEL(envlock_init_uniform),
      ENVLOCK_KERNEL(envlock_layernorm_backward),
      ENVLOCK_KERNEL(envlock_layernorm_forward),
      ENVLOCK_KERNEL(envlock_layernorm_weight_gradient),
      ENVLOCK_KERNEL(envlock_mean_loss),
      ENVLOCK_KERNEL(envlock_residual),
      ENVLOCK_KERNEL(envlock_self_test),
      ENVLOCK_KERNEL(envlock_sha256_leaves),
      ENVLOCK_KERNEL(envlock_sha256_trees),
      ENVLOCK_KERNEL(envlock_soak_compare),
      ENVLOCK_KERNEL(envlock_softmax_backward),
      ENVLOCK_KERNEL(envlock_softmax_forward),
      ENVLOCK_KERNEL(envlock_take_batch),
      ENVLOCK_KERNEL(envlock_underflow_lanes),
  };
  return all;
}

constexpr int kSuccess = 0;
constexpr int kInvalidValue = 1;
constexpr int kOutOfMemory = 2;
constexpr int kNotFound = 500;
constexpr int kLaunchFailed = 719;
constexpr int kMultiprocessors = 16;

char handle;  // stands for the one context, module and stream

}  // namespace

extern "C" {

int cuInit(unsigned) {
  return kSuccess;
}
int cuDriverGetVersion(int* version) {
  *version = 9000;
  return kSuccess;
}
int cuGetErrorName(int, const char** name) {
  *name = "CUDA_ERROR_OF_FIBERS";
  return kSuccess;
}
int cuGetErrorString(int, const char** text) {
  *text = "see above";
  return kSuccess;
}
int cuDeviceGetCount(int* count) {
  *count = 1;
  return kSuccess;
}
int cuDeviceGet(int* device, int) {
  *device = 0;
  return kSuccess;
}
int cuDeviceGetName(char* name, int size, int) {
  std::snprintf(name, static_cast<std::size_t>(size), "envlock fibers");
  return kSuccess;
}
int cuDeviceGetAttribute(int* value, int attribute, int) {
  *value = attribute == 16 ? kMultiprocessors : 5;
  return kSuccess;
}
int cuDeviceTotalMem_v2(std::size_t* bytes, int) {
  *bytes = std::size_t{1} << 30;
  return kSuccess;
}
int cuDeviceGetPCIBusId(char* address, int size, int) {
  std::snprintf(address, static_cast<std::size_t>(size), "0000:00:00.0");
  return kSuccess;
}
int cuDevicePrimaryCtxRetain(void** context, int) {
  *context = &handle;
  return kSuccess;
}
int cuDevicePrimaryCtxRelease_v2(int) {
  return kSuccess;
}
int cuCtxSetCurrent(void*) {
  return kSuccess;
}
int cuModuleLoadDataEx(void** module, const void*, unsigned, int*, void**) {
  *module = &handle;
  return kSuccess;
}
int cuModuleUnload(void*) {
  return kSuccess;
}
int cuModuleGetFunction(void** function, void*, const char* name) {
  const auto found = kernels().find(name);
  if (found == kernels().end()) return kNotFound;
  *function = &found->second;
  return kSuccess;
}
int cuMemAlloc_v2(unsigned long long* address, std::size_t bytes) {
  void* memory = std::malloc(bytes);  // not zeroed, and fenced by the sanitizer
  if (memory == nullptr) return kOutOfMemory;
  *address = reinterpret_cast<unsigned long long>(memory);
  return kSuccess;
}
int cuMemFree_v2(unsigned long long address) {
  std::free(reinterpret_cast<void*>(address));
  return kSuccess;
}
int cuMemcpyHtoDAsync_v2(unsigned long long to, const void* from, std::size_t bytes, void*) {
  std::memcpy(reinterpret_cast<void*>(to), from, bytes);
  return kSuccess;
}
int cuMemcpyDtoHAsync_v2(void* to, unsigned long long from, std::size_t bytes, void*) {
  std::memcpy(to, reinterpret_cast<const void*>(from), bytes);
  return kSuccess;
}
int cuStreamCreate(void** stream, unsigned) {
  *stream = &handle;
  return kSuccess;
}
int cuStreamDestroy_v2(void*) {
  return kSuccess;
}
int cuStreamSynchronize(void*) {
  return kSuccess;
}
int cuLaunchKernel(void* function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned threads,
                   unsigned block_y, unsigned block_z, unsigned, void*, void** parameters, void**) {
  if (block_y != 1 || block_z != 1) return kInvalidValue;
  const auto size = [](unsigned n) { return static_cast<int>(n); };
  static std::uint64_t seed = 0;
  try {
    envlock::fiber::launch({size(grid_x), size(grid_y), size(grid_z)}, size(threads), ++seed * 7919,
                           [&] { (*static_cast<Kernel*>(function))(parameters); });
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fibers: %s\n", error.what());
    return kLaunchFailed;
  }
  return kSuccess;
}

}  // extern "C"
