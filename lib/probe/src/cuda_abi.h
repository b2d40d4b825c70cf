// The part of the CUDA driver's interface that the probe calls, declared by ourselves: no CUDA header is needed to
// build. tests/kernels/cuda/abi_test.cpp holds it against cuda.h where there is one.
// Source: NVIDIA, "CUDA Driver API". The suffixes are those of the versions that cuda.h has named since CUDA 3.2 to 11.
#pragma once

#include <cstddef>

namespace envlock::probe::cuda {

using Result = int;
using DeviceOrdinal = int;
using Context = void*;
using Module = void*;
using Function = void*;
using Stream = void*;
using Address = unsigned long long;  ///< of device memory

struct Uuid {
  char bytes[16];
};

inline constexpr Result kSuccess = 0;
inline constexpr Result kOutOfMemory = 2;
inline constexpr Result kNoDevice = 100;
inline constexpr unsigned kNonBlockingStream = 1;

enum Attribute : int {
  multiprocessor_count = 16,
  compute_capability_major = 75,
  compute_capability_minor = 76,
};

enum JitOption : int {
  info_log_buffer = 3,
  info_log_buffer_size = 4,
  error_log_buffer = 5,
  error_log_buffer_size = 6,
};

// name in Functions, symbol, parameters
#define ENVLOCK_CUDA_FUNCTIONS(X)                                                                                      \
  X(init, cuInit, (unsigned flags))                                                                                    \
  X(driver_version, cuDriverGetVersion, (int* version))                                                                \
  X(error_name, cuGetErrorName, (Result result, const char** name))                                                    \
  X(error_text, cuGetErrorString, (Result result, const char** text))                                                  \
  X(device_count, cuDeviceGetCount, (int* count))                                                                      \
  X(device, cuDeviceGet, (DeviceOrdinal * device, int index))                                                          \
  X(device_name, cuDeviceGetName, (char* name, int size, DeviceOrdinal device))                                        \
  X(device_attribute, cuDeviceGetAttribute, (int* value, int attribute, DeviceOrdinal device))                         \
  X(device_memory, cuDeviceTotalMem_v2, (std::size_t * bytes, DeviceOrdinal device))                                   \
  X(device_pci_address, cuDeviceGetPCIBusId, (char* address, int size, DeviceOrdinal device))                          \
  X(retain_context, cuDevicePrimaryCtxRetain, (Context * context, DeviceOrdinal device))                               \
  X(release_context, cuDevicePrimaryCtxRelease_v2, (DeviceOrdinal device))                                             \
  X(set_context, cuCtxSetCurrent, (Context context))                                                                   \
  X(load_module, cuModuleLoadDataEx, (Module * module, const void* text, unsigned options, int* names, void** values)) \
  X(unload_module, cuModuleUnload, (Module module))                                                                    \
  X(function, cuModuleGetFunction, (Function * function, Module module, const char* name))                             \
  X(allocate, cuMemAlloc_v2, (Address * address, std::size_t bytes))                                                   \
  X(free, cuMemFree_v2, (Address address))                                                                             \
  X(to_device, cuMemcpyHtoDAsync_v2, (Address to, const void* from, std::size_t bytes, Stream stream))                 \
  X(to_host, cuMemcpyDtoHAsync_v2, (void* to, Address from, std::size_t bytes, Stream stream))                         \
  X(create_stream, cuStreamCreate, (Stream * stream, unsigned flags))                                                  \
  X(destroy_stream, cuStreamDestroy_v2, (Stream stream))                                                               \
  X(synchronize, cuStreamSynchronize, (Stream stream))                                                                 \
  X(launch, cuLaunchKernel,                                                                                            \
    (Function function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y,         \
     unsigned block_z, unsigned shared_bytes, Stream stream, void** parameters, void** extra))

/// The driver's functions. All but `device_uuid` are there once a driver is loaded.
struct Functions {
#define ENVLOCK_CUDA_POINTER(name, symbol, parameters) Result(*name) parameters = nullptr;
  ENVLOCK_CUDA_FUNCTIONS(ENVLOCK_CUDA_POINTER)
#undef ENVLOCK_CUDA_POINTER
  /// cuDeviceGetUuid_v2, which tells the slices of a partitioned GPU apart; cuDeviceGetUuid in drivers before 11.4.
  Result (*device_uuid)(Uuid* uuid, DeviceOrdinal device) = nullptr;
};

}  // namespace envlock::probe::cuda
