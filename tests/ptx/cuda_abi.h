#pragma once

#include <cstddef>
#include <cstdint>

/// The part of the CUDA driver's interface that the fake libcuda.so.1 has, in types of our own with the same layout.
/// cuda_abi_test.cpp holds every signature against cuda.h where there is one.
namespace envlock::fake_cuda {

using Result = int;                  // CUresult
using Device = int;                  // CUdevice
using Address = unsigned long long;  // CUdeviceptr
using Context = void*;               // CUcontext
using Module = void*;                // CUmodule
using Function = void*;              // CUfunction
using Stream = void*;                // CUstream
using Event = void*;                 // CUevent
using Graph = void*;                 // CUgraph
using GraphExec = void*;             // CUgraphExec
struct Uuid {
  char bytes[16];
};

inline constexpr Result kSuccess = 0;
inline constexpr Result kInvalidValue = 1;
inline constexpr Result kOutOfMemory = 2;
inline constexpr Result kNotInitialized = 3;
inline constexpr Result kNoDevice = 100;
inline constexpr Result kInvalidDevice = 101;
inline constexpr Result kInvalidImage = 200;
inline constexpr Result kInvalidContext = 201;
inline constexpr Result kNoBinaryForGpu = 209;
inline constexpr Result kInvalidPtx = 218;
inline constexpr Result kUnsupportedPtxVersion = 222;
inline constexpr Result kInvalidHandle = 400;
inline constexpr Result kNotFound = 500;
inline constexpr Result kNotReady = 600;
inline constexpr Result kIllegalAddress = 700;
inline constexpr Result kLaunchOutOfResources = 701;
inline constexpr Result kLaunchTimeout = 702;
inline constexpr Result kAssert = 710;
inline constexpr Result kMisalignedAddress = 716;
inline constexpr Result kLaunchFailed = 719;
inline constexpr Result kNotSupported = 801;

}  // namespace envlock::fake_cuda

/// Every exported function: name and parameters. All return Result.
#define ENVLOCK_FAKE_CUDA_FUNCTIONS(X)                                                                            \
  X(cuInit, (unsigned int flags))                                                                                 \
  X(cuDriverGetVersion, (int* version))                                                                           \
  X(cuGetErrorName, (Result error, const char** text))                                                            \
  X(cuGetErrorString, (Result error, const char** text))                                                          \
  X(cuDeviceGetCount, (int* count))                                                                               \
  X(cuDeviceGet, (Device * device, int ordinal))                                                                  \
  X(cuDeviceGetName, (char* name, int length, Device device))                                                     \
  X(cuDeviceGetUuid, (Uuid * uuid, Device device))                                                                \
  X(cuDeviceGetUuid_v2, (Uuid * uuid, Device device))                                                             \
  X(cuDeviceGetAttribute, (int* value, int attribute, Device device))                                             \
  X(cuDeviceTotalMem_v2, (std::size_t * bytes, Device device))                                                    \
  X(cuDeviceGetPCIBusId, (char* text, int length, Device device))                                                 \
  X(cuCtxCreate_v2, (Context * context, unsigned int flags, Device device))                                       \
  X(cuCtxDestroy_v2, (Context context))                                                                           \
  X(cuDevicePrimaryCtxRetain, (Context * context, Device device))                                                 \
  X(cuDevicePrimaryCtxRelease_v2, (Device device))                                                                \
  X(cuCtxSetCurrent, (Context context))                                                                           \
  X(cuCtxGetCurrent, (Context * context))                                                                         \
  X(cuCtxGetDevice, (Device * device))                                                                            \
  X(cuCtxPushCurrent_v2, (Context context))                                                                       \
  X(cuCtxPopCurrent_v2, (Context * context))                                                                      \
  X(cuCtxSynchronize, ())                                                                                         \
  X(cuModuleLoadData, (Module * module, const void* image))                                                       \
  X(cuModuleLoadDataEx, (Module * module, const void* image, unsigned int count, int* options, void** values))    \
  X(cuModuleUnload, (Module module))                                                                              \
  X(cuModuleGetFunction, (Function * function, Module module, const char* name))                                  \
  X(cuModuleGetGlobal_v2, (Address * address, std::size_t * bytes, Module module, const char* name))              \
  X(cuFuncGetAttribute, (int* value, int attribute, Function function))                                           \
  X(cuFuncSetAttribute, (Function function, int attribute, int value))                                            \
  X(cuOccupancyMaxActiveBlocksPerMultiprocessor, (int* blocks, Function function, int size, std::size_t shared))  \
  X(cuLaunchKernel, (Function function, unsigned int grid_x, unsigned int grid_y, unsigned int grid_z,            \
                     unsigned int block_x, unsigned int block_y, unsigned int block_z, unsigned int shared_bytes, \
                     Stream stream, void** parameters, void** extra))                                             \
  X(cuMemGetInfo_v2, (std::size_t * free, std::size_t * total))                                                   \
  X(cuMemAlloc_v2, (Address * address, std::size_t bytes))                                                        \
  X(cuMemFree_v2, (Address address))                                                                              \
  X(cuMemHostAlloc, (void** memory, std::size_t bytes, unsigned int flags))                                       \
  X(cuMemFreeHost, (void* memory))                                                                                \
  X(cuMemcpyHtoD_v2, (Address to, const void* from, std::size_t bytes))                                           \
  X(cuMemcpyDtoH_v2, (void* to, Address from, std::size_t bytes))                                                 \
  X(cuMemcpyDtoD_v2, (Address to, Address from, std::size_t bytes))                                               \
  X(cuMemcpyHtoDAsync_v2, (Address to, const void* from, std::size_t bytes, Stream stream))                       \
  X(cuMemcpyDtoHAsync_v2, (void* to, Address from, std::size_t bytes, Stream stream))                             \
  X(cuMemcpyDtoDAsync_v2, (Address to, Address from, std::size_t bytes, Stream stream))                           \
  X(cuMemsetD8_v2, (Address to, unsigned char value, std::size_t count))                                          \
  X(cuMemsetD32_v2, (Address to, unsigned int value, std::size_t count))                                          \
  X(cuMemsetD8Async, (Address to, unsigned char value, std::size_t count, Stream stream))                         \
  X(cuMemsetD32Async, (Address to, unsigned int value, std::size_t count, Stream stream))                         \
  X(cuStreamCreate, (Stream * stream, unsigned int flags))                                                        \
  X(cuStreamSynchronize, (Stream stream))                                                                         \
  X(cuStreamQuery, (Stream stream))                                                                               \
  X(cuStreamWaitEvent, (Stream stream, Event event, unsigned int flags))                                          \
  X(cuStreamDestroy_v2, (Stream stream))                                                                          \
  X(cuEventCreate, (Event * event, unsigned int flags))                                                           \
  X(cuEventRecord, (Event event, Stream stream))                                                                  \
  X(cuEventSynchronize, (Event event))                                                                            \
  X(cuEventQuery, (Event event))                                                                                  \
  X(cuEventElapsedTime, (float* milliseconds, Event start, Event end))                                            \
  X(cuEventDestroy_v2, (Event event))                                                                             \
  X(cuStreamBeginCapture_v2, (Stream stream, int mode))                                                           \
  X(cuStreamEndCapture, (Stream stream, Graph * graph))                                                           \
  X(cuGraphInstantiateWithFlags, (GraphExec * exec, Graph graph, unsigned long long flags))                       \
  X(cuGraphLaunch, (GraphExec exec, Stream stream))                                                               \
  X(cuGraphDestroy, (Graph graph))                                                                                \
  X(cuGraphExecDestroy, (GraphExec exec))                                                                         \
  X(cuGetProcAddress_v2, (const char* symbol, void** function, int version, std::uint64_t flags, int* status))

#ifndef ENVLOCK_FAKE_CUDA_TYPES_ONLY
namespace envlock::fake_cuda {

extern "C" {
#define ENVLOCK_FAKE_CUDA_DECLARE(name, parameters) __attribute__((visibility("default"))) Result name parameters;
ENVLOCK_FAKE_CUDA_FUNCTIONS(ENVLOCK_FAKE_CUDA_DECLARE)
#undef ENVLOCK_FAKE_CUDA_DECLARE
}

}  // namespace envlock::fake_cuda
#endif
