#include "state.h"

#include <algorithm>
#include <cstring>
#include <string>

/// Errors, devices and contexts.
namespace envlock::fake_cuda {
namespace {

struct ErrorText {
  Result error;
  const char* name;
  const char* text;
};

constexpr ErrorText kErrors[] = {
    {kSuccess, "CUDA_SUCCESS", "no error"},
    {kInvalidValue, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {kOutOfMemory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {kNotInitialized, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {kNoDevice, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {kInvalidDevice, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {kInvalidImage, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {kInvalidContext, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {kNoBinaryForGpu, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available for execution on the device"},
    {kInvalidPtx, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
    {kUnsupportedPtxVersion, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION",
     "the provided PTX was compiled with an unsupported toolchain."},
    {kInvalidHandle, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {kNotFound, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {kNotReady, "CUDA_ERROR_NOT_READY", "device not ready"},
    {kIllegalAddress, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {kLaunchOutOfResources, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"},
    {kLaunchTimeout, "CUDA_ERROR_LAUNCH_TIMEOUT", "the launch timed out and was terminated"},
    {kAssert, "CUDA_ERROR_ASSERT", "device-side assert triggered"},
    {kMisalignedAddress, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"},
    {kLaunchFailed, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {kNotSupported, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"}};

const ErrorText* find_error(Result error) {
  for (const ErrorText& entry : kErrors)
    if (entry.error == error) return &entry;
  return nullptr;
}

bool exists(Device device) {
  return device >= 0 && static_cast<std::size_t>(device) < config().devices.size();
}

const FakeDevice& at(Device device) {
  return config().devices[static_cast<std::size_t>(device)];
}

Result copy_text(const std::string& from, char* to, int length) {
  if (to == nullptr || length <= 0) return kInvalidValue;
  const std::size_t count = std::min(from.size(), static_cast<std::size_t>(length) - 1);
  std::memcpy(to, from.data(), count);
  to[count] = '\0';
  return kSuccess;
}

}  // namespace

extern "C" {

Result cuInit(unsigned int flags) {
  ENVLOCK_FAKE_CUDA_ENTER("cuInit", false);
  if (flags != 0) return kInvalidValue;
  if (config().init_result != 0) return config().init_result;
  if (config().devices.empty()) return kNoDevice;
  state().initialised = true;
  while (state().primary.size() < config().devices.size()) {
    auto context = std::make_unique<FakeContext>();
    context->device = static_cast<int>(state().primary.size());
    context->machine.memory().set_limit(config().memory_bytes);
    state().primary.push_back(std::move(context));
  }
  return kSuccess;
}

Result cuDriverGetVersion(int* version) {
  ENVLOCK_FAKE_CUDA_ENTER("cuDriverGetVersion", false);
  if (version == nullptr) return kInvalidValue;
  *version = config().driver_version;
  return kSuccess;
}

Result cuGetErrorName(Result error, const char** text) {
  if (text == nullptr) return kInvalidValue;
  const ErrorText* found = find_error(error);
  *text = found == nullptr ? nullptr : found->name;
  return found == nullptr ? kInvalidValue : kSuccess;
}

Result cuGetErrorString(Result error, const char** text) {
  if (text == nullptr) return kInvalidValue;
  const ErrorText* found = find_error(error);
  *text = found == nullptr ? nullptr : found->text;
  return found == nullptr ? kInvalidValue : kSuccess;
}

Result cuDeviceGetCount(int* count) {
  ENVLOCK_FAKE_CUDA_ENTER("cuDeviceGetCount");
  if (count == nullptr) return kInvalidValue;
  *count = static_cast<int>(config().devices.size());
  return kSuccess;
}

Result cuDeviceGet(Device* device, int ordinal) {
  ENVLOCK_FAKE_CUDA_ENTER("cuDeviceGet");
  if (device == nullptr) return kInvalidValue;
  if (!exists(ordinal)) return kInvalidDevice;
  *device = ordinal;
  return kSuccess;
}

Result cuDeviceGetName(char* name, int length, Device device) {
  ENVLOCK_FAKE_CUDA_ENTER("cuDeviceGetName");
  if (!exists(device)) return kInvalidDevice;
  return copy_text(at(device).name, name, length);
}

Result cuDeviceGetUuid(Uuid* uuid, Device device) {
  ENVLOCK_FAKE_CUDA_ENTER("cuDeviceGetUuid");
  if (uuid == nullptr) return kInvalidValue;
  if (!exists(device)) return kInvalidDevice;
  std::memcpy(uuid->bytes, at(device).uuid.data(), sizeof uuid->bytes);
  return kSuccess;
}

Result cuDeviceGetUuid_v2(Uuid* uuid, Device device) {
  ENVLOCK_FAKE_CUDA_ENTER("cuDeviceGetUuid_v2");
  if (uuid == nullptr) return kInvalidValue;
  if (!exists(device)) return kInvalidDevice;
  std::memcpy(uuid->bytes, at(device).uuid.data(), sizeof uuid->bytes);
  return kSuccess;
}

Result cuDeviceGetAttribute(int* value, int attribute, Device device) {
  ENVLOCK_FAKE_CUDA_ENTER("cuDeviceGetAttribute");
  if (value == nullptr) return kInvalidValue;
  if (!exists(device)) return kInvalidDevice;
  switch (attribute) {
    case 1:  // most threads a block, then along x, y, z
    case 2:
    case 3:
      *value = 1024;
      return kSuccess;
    case 4:
      *value = 64;
      return kSuccess;
    case 5:  // most blocks along x, y, z
      *value = 0x7fffffff;
      return kSuccess;
    case 6:
    case 7:
      *value = 65535;
      return kSuccess;
    case 8:  // shared memory a block, constant memory, warp size, registers a block
      *value = 48 * 1024;
      return kSuccess;
    case 9:
      *value = 64 * 1024;
      return kSuccess;
    case 10:
      *value = 32;
      return kSuccess;
    case 12:
    case 82:
      *value = 65536;
      return kSuccess;
    case 13:  // clock rates and bus width: none that would mean anything
    case 36:
    case 37:
    case 38:
      *value = 1;
      return kSuccess;
    case 16:
      *value = at(device).sm_count;
      return kSuccess;
    case 33:  // PCI bus
      *value = device + 1;
      return kSuccess;
    case 34:
    case 50:
      *value = 0;
      return kSuccess;
    case 39:  // threads a multiprocessor
      *value = 2048;
      return kSuccess;
    case 41:  // unified addresses
      *value = 1;
      return kSuccess;
    case 75:
      *value = config().capability_major;
      return kSuccess;
    case 76:
      *value = config().capability_minor;
      return kSuccess;
    case 81:  // shared memory a multiprocessor, and the most a block may ask for
    case 97:
      *value = 99 * 1024;
      return kSuccess;
    default:
      *value = 0;
      return attribute > 0 && attribute < 150 ? kSuccess : kInvalidValue;
  }
}

Result cuDeviceTotalMem_v2(std::size_t* bytes, Device device) {
  ENVLOCK_FAKE_CUDA_ENTER("cuDeviceTotalMem_v2");
  if (bytes == nullptr) return kInvalidValue;
  if (!exists(device)) return kInvalidDevice;
  *bytes = config().memory_bytes;
  return kSuccess;
}

Result cuDeviceGetPCIBusId(char* text, int length, Device device) {
  ENVLOCK_FAKE_CUDA_ENTER("cuDeviceGetPCIBusId");
  if (!exists(device)) return kInvalidDevice;
  return copy_text(at(device).pci, text, length);
}

Result cuCtxCreate_v2(Context* context, unsigned int, Device device) {
  ENVLOCK_FAKE_CUDA_ENTER("cuCtxCreate_v2");
  if (context == nullptr) return kInvalidValue;
  if (!exists(device)) return kInvalidDevice;
  auto* made = new FakeContext;
  made->device = device;
  made->machine.memory().set_limit(config().memory_bytes);
  state().contexts.insert(made);
  context_stack().push_back(made);
  *context = made;
  return kSuccess;
}

Result cuCtxDestroy_v2(Context context) {
  ENVLOCK_FAKE_CUDA_ENTER("cuCtxDestroy_v2");
  if (!known(state().contexts, context)) return kInvalidContext;
  auto* gone = static_cast<FakeContext*>(context);
  flush_all(*gone);
  state().contexts.erase(gone);
  state().default_streams.erase(gone);
  std::erase(context_stack(), gone);
  delete gone;
  return kSuccess;
}

Result cuDevicePrimaryCtxRetain(Context* context, Device device) {
  ENVLOCK_FAKE_CUDA_ENTER("cuDevicePrimaryCtxRetain");
  if (context == nullptr) return kInvalidValue;
  if (!exists(device)) return kInvalidDevice;
  FakeContext* primary = state().primary[static_cast<std::size_t>(device)].get();
  ++primary->retained;
  *context = primary;
  return kSuccess;
}

Result cuDevicePrimaryCtxRelease_v2(Device device) {
  ENVLOCK_FAKE_CUDA_ENTER("cuDevicePrimaryCtxRelease_v2");
  if (!exists(device)) return kInvalidDevice;
  std::unique_ptr<FakeContext>& primary = state().primary[static_cast<std::size_t>(device)];
  if (primary->retained == 0) return kInvalidContext;
  if (--primary->retained > 0) return kSuccess;
  // The last one out takes memory and modules with it; the handle stays, as the real one may.
  flush_all(*primary);
  for (FakeModule* module : primary->modules) state().modules.erase(module);
  primary->modules.clear();
  ptx::Memory& memory = primary->machine.memory();
  for (std::uint32_t i = 0; i < memory.count(); ++i)
    if (memory.at(i).live) memory.free(memory.at(i).address);
  primary->broken = kSuccess;
  return kSuccess;
}

Result cuCtxSetCurrent(Context context) {
  ENVLOCK_FAKE_CUDA_ENTER("cuCtxSetCurrent");
  if (!context_stack().empty()) context_stack().pop_back();
  if (context != nullptr) {
    if (usable(static_cast<FakeContext*>(context)) == kInvalidContext) return kInvalidContext;
    context_stack().push_back(static_cast<FakeContext*>(context));
  }
  return kSuccess;
}

Result cuCtxGetCurrent(Context* context) {
  ENVLOCK_FAKE_CUDA_ENTER("cuCtxGetCurrent");
  if (context == nullptr) return kInvalidValue;
  *context = current();
  return kSuccess;
}

Result cuCtxGetDevice(Device* device) {
  ENVLOCK_FAKE_CUDA_ENTER("cuCtxGetDevice");
  if (device == nullptr) return kInvalidValue;
  if (current() == nullptr) return kInvalidContext;
  *device = current()->device;
  return kSuccess;
}

Result cuCtxPushCurrent_v2(Context context) {
  ENVLOCK_FAKE_CUDA_ENTER("cuCtxPushCurrent_v2");
  if (usable(static_cast<FakeContext*>(context)) == kInvalidContext) return kInvalidContext;
  context_stack().push_back(static_cast<FakeContext*>(context));
  return kSuccess;
}

Result cuCtxPopCurrent_v2(Context* context) {
  ENVLOCK_FAKE_CUDA_ENTER("cuCtxPopCurrent_v2");
  if (context_stack().empty()) return kInvalidContext;
  if (context != nullptr) *context = current();
  context_stack().pop_back();
  return kSuccess;
}

Result cuCtxSynchronize() {
  ENVLOCK_FAKE_CUDA_ENTER("cuCtxSynchronize");
  if (const Result result = usable(current()); result != kSuccess) return result;
  return flush_all(*current());
}

}  // extern "C"

}  // namespace envlock::fake_cuda
