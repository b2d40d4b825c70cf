// Compares every signature of cuda_abi.h with NVIDIA's cuda.h, at compile time. Built only where there is a cuda.h; see
// CMakeLists.txt for the words when there is none.
#define __CUDA_API_VERSION_INTERNAL  // cuda.h then declares the versioned names under which drivers export functions
#include <cuda.h>

#include <cstdio>
#include <type_traits>

namespace envlock::fake_cuda {

/// Same size and same way of being passed: pointers are alike whatever they point to, but for numbers they point to.
template <class Ours, class Theirs>
constexpr bool same_value() {
  if constexpr (std::is_pointer_v<Ours> && std::is_pointer_v<Theirs>) {
    using Our = std::remove_cv_t<std::remove_pointer_t<Ours>>;
    using Their = std::remove_cv_t<std::remove_pointer_t<Theirs>>;
    constexpr bool our_number = std::is_arithmetic_v<Our> || std::is_enum_v<Our> || std::is_pointer_v<Our>;
    constexpr bool their_number = std::is_arithmetic_v<Their> || std::is_enum_v<Their> || std::is_pointer_v<Their>;
    if constexpr (our_number && their_number) return same_value<Our, Their>();
    if constexpr (std::is_class_v<Our> && std::is_class_v<Their>) return sizeof(Our) == sizeof(Their);
    return our_number == their_number || std::is_void_v<Our>;
  } else if constexpr (std::is_pointer_v<Ours> || std::is_pointer_v<Theirs>) {
    return false;
  } else {
    constexpr bool integers =
        (std::is_integral_v<Ours> || std::is_enum_v<Ours>)&&(std::is_integral_v<Theirs> || std::is_enum_v<Theirs>);
    return sizeof(Ours) == sizeof(Theirs) && (integers || std::is_same_v<Ours, Theirs>);
  }
}

template <class Ours, class Theirs>
struct SameSignature : std::false_type {};
template <class OurResult, class... Ours, class TheirResult, class... Theirs>
struct SameSignature<OurResult (*)(Ours...), TheirResult (*)(Theirs...)> {
  static constexpr bool compare() {
    if constexpr (sizeof...(Ours) != sizeof...(Theirs)) {
      return false;
    } else {
      return same_value<OurResult, TheirResult>() && (same_value<Ours, Theirs>() && ...);
    }
  }
  static constexpr bool value = compare();
};

}  // namespace envlock::fake_cuda

// The same names in a namespace of ours: only declared, never called. cuda.h's are C, these C++.
#define ENVLOCK_FAKE_CUDA_TYPES_ONLY
#include "cuda_abi.h"

namespace envlock::fake_cuda {

#define ENVLOCK_FAKE_CUDA_COMPARE(name, parameters) \
  static_assert(SameSignature<Result(*) parameters, decltype(&::name)>::value, #name " differs from cuda.h");
ENVLOCK_FAKE_CUDA_FUNCTIONS(ENVLOCK_FAKE_CUDA_COMPARE)

static_assert(kSuccess == CUDA_SUCCESS && kInvalidValue == CUDA_ERROR_INVALID_VALUE &&
              kOutOfMemory == CUDA_ERROR_OUT_OF_MEMORY);
static_assert(kNotInitialized == CUDA_ERROR_NOT_INITIALIZED && kNoDevice == CUDA_ERROR_NO_DEVICE);
static_assert(kInvalidDevice == CUDA_ERROR_INVALID_DEVICE && kInvalidImage == CUDA_ERROR_INVALID_IMAGE);
static_assert(kInvalidContext == CUDA_ERROR_INVALID_CONTEXT && kNoBinaryForGpu == CUDA_ERROR_NO_BINARY_FOR_GPU);
static_assert(kInvalidPtx == CUDA_ERROR_INVALID_PTX && kUnsupportedPtxVersion == CUDA_ERROR_UNSUPPORTED_PTX_VERSION);
static_assert(kInvalidHandle == CUDA_ERROR_INVALID_HANDLE && kNotFound == CUDA_ERROR_NOT_FOUND &&
              kNotReady == CUDA_ERROR_NOT_READY);
static_assert(kIllegalAddress == CUDA_ERROR_ILLEGAL_ADDRESS &&
              kLaunchOutOfResources == CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES);
static_assert(kLaunchTimeout == CUDA_ERROR_LAUNCH_TIMEOUT && kAssert == CUDA_ERROR_ASSERT);
static_assert(kMisalignedAddress == CUDA_ERROR_MISALIGNED_ADDRESS && kLaunchFailed == CUDA_ERROR_LAUNCH_FAILED);
static_assert(kNotSupported == CUDA_ERROR_NOT_SUPPORTED);
static_assert(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT == 16 && CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR == 75);
static_assert(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR == 76 && CU_JIT_ERROR_LOG_BUFFER == 5);
static_assert(CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES == 6 && CU_JIT_INFO_LOG_BUFFER == 3 &&
              CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES == 4);

}  // namespace envlock::fake_cuda

int main() {
  std::printf("all signatures are those of cuda.h %d\n", CUDA_VERSION);
  return 0;
}
