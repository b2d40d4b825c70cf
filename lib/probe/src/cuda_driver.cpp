#include "cuda_driver.h"

#include <dlfcn.h>

#include <cstdlib>
#include <cstring>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

namespace envlock::probe::cuda {
namespace {

constexpr const char* kLibrary = "libcuda.so.1";

[[noreturn]] void no_driver(const std::string& library, std::vector<std::string> why) {
  throw core::Error({.code = "no-cuda-driver",
                     .what = "no NVIDIA driver that can compute was found: `" + core::printable(library) + "`",
                     .where = std::nullopt,
                     .why = std::move(why),
                     .hints = {"install NVIDIA's driver, or give the container access to the GPUs (`--gpus all`)",
                               "run the probe on the processor: `--device cpu`"}});
}

std::string error_name(const Functions& functions, Result result) {
  const char* name = nullptr;
  if (functions.error_name(result, &name) == kSuccess && name != nullptr) return name;
  return "error " + std::to_string(result);
}

std::string format_uuid(const Uuid& uuid, bool is_mig) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text = is_mig ? "MIG" : "GPU";
  for (int i = 0; i < 16; ++i) {
    if (i == 0 || i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    const auto byte = static_cast<unsigned char>(uuid.bytes[i]);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace

const Driver& Driver::get() {
  static const Driver driver;  // a failure leaves it unmade, and the next call tries again
  return driver;
}

Driver::Driver() {
  load();
  const Result result = functions_.init(0);
  if (result == kNoDevice || (result == kSuccess && device_count() == 0)) {
    throw core::Error({.code = "no-cuda-device",
                       .what = "the NVIDIA driver shows no GPU to this process",
                       .where = std::nullopt,
                       .why = {"`" + core::printable(library_) + "` answered " + error_name(functions_, kNoDevice)},
                       .hints = {"look at CUDA_VISIBLE_DEVICES, and at what `nvidia-smi` lists",
                                 "run the probe on the processor: `--device cpu`"}});
  }
  check(result, "cuInit");
  check(functions_.driver_version(&version_), "cuDriverGetVersion");
}

void Driver::load() {
  const char* other = std::getenv("ENVLOCK_LIBCUDA");
  library_ = other != nullptr && *other != '\0' ? other : kLibrary;
  void* handle = dlopen(library_.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) no_driver(library_, {core::printable(dlerror())});
  const auto find = [&](const char* symbol, auto& function) {
    void* address = dlsym(handle, symbol);
    if (address == nullptr) return false;
    static_assert(sizeof function == sizeof address);
    std::memcpy(&function, &address, sizeof address);  // no cast makes a function of an object pointer
    return true;
  };
  const auto need = [&](const char* symbol, auto& function) {
    if (!find(symbol, function)) no_driver(library_, {std::string("it has no `") + symbol + "`: it is too old"});
  };
#define ENVLOCK_CUDA_LOAD(name, symbol, parameters) need(#symbol, functions_.name);
  ENVLOCK_CUDA_FUNCTIONS(ENVLOCK_CUDA_LOAD)
#undef ENVLOCK_CUDA_LOAD
  if (!find("cuDeviceGetUuid_v2", functions_.device_uuid)) find("cuDeviceGetUuid", functions_.device_uuid);
}

void Driver::check(Result result, const char* call, const std::string& device) const {
  if (result == kSuccess) return;
  std::vector<std::string> why;
  const char* text = nullptr;
  if (functions_.error_text(result, &text) == kSuccess && text != nullptr) why.emplace_back(text);
  std::vector<std::string> hints;
  if (result == kOutOfMemory) hints.emplace_back("close other programs that use the GPU, or take a smaller `--size`");
  throw core::Error({.code = "cuda-failed",
                     .what = std::string("`") + call + "` failed" + (device.empty() ? "" : " on " + device) + ": " +
                             error_name(functions_, result),
                     .where = std::nullopt,
                     .why = std::move(why),
                     .hints = std::move(hints)});
}

int Driver::device_count() const {
  int count = 0;
  check(functions_.device_count(&count), "cuDeviceGetCount");
  return count;
}

CudaDevice Driver::describe(int index) const {
  const std::string who = "GPU " + std::to_string(index);
  CudaDevice device;
  device.index = index;
  DeviceOrdinal ordinal = 0;
  check(functions_.device(&ordinal, index), "cuDeviceGet", who);
  char text[256] = {};
  check(functions_.device_name(text, sizeof text - 1, ordinal), "cuDeviceGetName", who);
  device.name = core::printable(text);
  device.is_mig = device.name.find(" MIG ") != std::string::npos;
  const auto attribute = [&](Attribute which) {
    int value = 0;
    check(functions_.device_attribute(&value, which, ordinal), "cuDeviceGetAttribute", who);
    return value;
  };
  device.major = attribute(compute_capability_major);
  device.minor = attribute(compute_capability_minor);
  device.multiprocessors = attribute(multiprocessor_count);
  check(functions_.device_memory(&device.memory_bytes, ordinal), "cuDeviceTotalMem_v2", who);
  // Names only: a driver that keeps them to itself is no reason to stop.
  Uuid uuid{};
  if (functions_.device_uuid != nullptr && functions_.device_uuid(&uuid, ordinal) == kSuccess) {
    device.uuid = format_uuid(uuid, device.is_mig);
  }
  char address[64] = {};
  if (functions_.device_pci_address(address, sizeof address - 1, ordinal) == kSuccess) {
    device.pci_address = core::printable(address);
  }
  return device;
}

std::string name_of(const CudaDevice& device) {
  return "GPU " + std::to_string(device.index) + " (" + device.name +
         (device.pci_address.empty() ? "" : ", " + device.pci_address) + ")";
}

}  // namespace envlock::probe::cuda

namespace envlock::probe {

CudaPlatform find_cuda() {
  const cuda::Driver& driver = cuda::Driver::get();
  CudaPlatform platform{driver.library(), driver.version(), {}};
  for (int index = 0; index < driver.device_count(); ++index) platform.devices.push_back(driver.describe(index));
  return platform;
}

}  // namespace envlock::probe
