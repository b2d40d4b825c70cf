// Our own declarations of the driver's interface against NVIDIA's header, where that is installed.
#include <iostream>
#include <type_traits>

#include "cuda_abi.h"
#include "support/catch.h"

#ifdef ENVLOCK_HAS_CUDA_H
#include <cuda.h>

namespace {

/// How a parameter travels: pointers of any kind alike, and integers and enumerations of one size alike.
template <typename T>
constexpr int passing() {
  if constexpr (std::is_pointer_v<T>)
    return 100;
  else
    return static_cast<int>(sizeof(T)) + (std::is_class_v<T> ? 1000 : 0);
}

template <typename... Ours, typename... Theirs>
constexpr bool same_abi(int (*)(Ours...), CUresult (*)(Theirs...)) {
  if constexpr (sizeof...(Ours) != sizeof...(Theirs))
    return false;
  else
    return ((passing<Ours>() == passing<Theirs>()) && ...);
}

namespace cuda = envlock::probe::cuda;

// cuda.h maps the plain names to the versions it was written for; the suffixed names exist as plain declarations too.
#define ENVLOCK_CHECK_ABI(name, symbol, parameters) \
  static_assert(same_abi(decltype(cuda::Functions::name){}, static_cast<decltype(&symbol)>(nullptr)), #symbol);
ENVLOCK_CUDA_FUNCTIONS(ENVLOCK_CHECK_ABI)
#undef ENVLOCK_CHECK_ABI
static_assert(same_abi(decltype(cuda::Functions::device_uuid){}, static_cast<decltype(&cuDeviceGetUuid)>(nullptr)));

static_assert(sizeof(cuda::Uuid) == sizeof(CUuuid));
static_assert(sizeof(cuda::Address) == sizeof(CUdeviceptr));
static_assert(sizeof(cuda::DeviceOrdinal) == sizeof(CUdevice));
static_assert(static_cast<int>(cuda::kSuccess) == CUDA_SUCCESS);
static_assert(static_cast<int>(cuda::kOutOfMemory) == CUDA_ERROR_OUT_OF_MEMORY);
static_assert(static_cast<int>(cuda::kNoDevice) == CUDA_ERROR_NO_DEVICE);
static_assert(cuda::kNonBlockingStream == CU_STREAM_NON_BLOCKING);
static_assert(static_cast<int>(cuda::multiprocessor_count) == CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
static_assert(static_cast<int>(cuda::compute_capability_major) == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
static_assert(static_cast<int>(cuda::compute_capability_minor) == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
static_assert(static_cast<int>(cuda::info_log_buffer) == CU_JIT_INFO_LOG_BUFFER);
static_assert(static_cast<int>(cuda::info_log_buffer_size) == CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES);
static_assert(static_cast<int>(cuda::error_log_buffer) == CU_JIT_ERROR_LOG_BUFFER);
static_assert(static_cast<int>(cuda::error_log_buffer_size) == CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES);

}  // namespace

TEST_CASE("our declarations of the CUDA driver agree with cuda.h") {
  SUCCEED("checked when this program was compiled");
}
#else
TEST_CASE("our declarations of the CUDA driver agree with cuda.h") {
  std::cout << "skipped: no cuda.h\n";
}
#endif
