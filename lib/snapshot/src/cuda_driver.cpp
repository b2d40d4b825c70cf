#include "cuda_driver.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "driver_child.h"
#include "envlock/core/text.h"

namespace envlock::snapshot {
namespace {

// --- In the child. ---

// Returns true when the driver told its version.
bool ask_cuda(int out, const std::string& name) {
  void* library = open_library(name);
  if (library == nullptr) return false;
  const auto get_version = symbol<int (*)(int*)>(library, "cuDriverGetVersion");
  int version = 0;
  if (get_version == nullptr) return false;
  if (const int failure = get_version(&version); failure != 0 || version <= 0) {
    tell(out, "cuda-failure", failure);
    return false;
  }
  tell(out, "version", version);

  const auto init = symbol<int (*)(unsigned)>(library, "cuInit");
  const auto get_count = symbol<int (*)(int*)>(library, "cuDeviceGetCount");
  const auto get_device = symbol<int (*)(int*, int)>(library, "cuDeviceGet");
  const auto get_attribute = symbol<int (*)(int*, int, int)>(library, "cuDeviceGetAttribute");
  if (init == nullptr || get_count == nullptr || get_device == nullptr || get_attribute == nullptr) return true;
  constexpr int kNoDevice = 100;
  if (const int failure = init(0); failure != 0) {
    if (failure != kNoDevice) tell(out, "init-failure", failure);
    return true;
  }
  constexpr int kMajor = 75;
  constexpr int kMinor = 76;
  int count = 0;
  if (get_count(&count) != 0) return true;
  for (int i = 0; i < std::min(count, 1024); ++i) {
    int device = 0;
    int major = 0;
    int minor = 0;
    if (get_device(&device, i) == 0 && get_attribute(&major, kMajor, device) == 0 &&
        get_attribute(&minor, kMinor, device) == 0) {
      tell(out, "capability", major * 10 + minor);
    }
  }
  return true;
}

void ask_nvml(int out, const std::string& name) {
  void* library = open_library(name);
  if (library == nullptr) return;
  const auto init = symbol<int (*)()>(library, "nvmlInit_v2");
  const auto get_version = symbol<int (*)(int*)>(library, "nvmlSystemGetCudaDriverVersion_v2");
  if (init == nullptr || get_version == nullptr) return;
  if (const int failure = init(); failure != 0) return tell(out, "nvml-failure", failure);
  int version = 0;
  if (const int failure = get_version(&version); failure != 0 || version <= 0) {
    return tell(out, "nvml-failure", failure);
  }
  tell(out, "version", version);
  const auto get_count = symbol<int (*)(unsigned*)>(library, "nvmlDeviceGetCount_v2");
  const auto get_device = symbol<int (*)(unsigned, void**)>(library, "nvmlDeviceGetHandleByIndex_v2");
  const auto get_capability = symbol<int (*)(void*, int*, int*)>(library, "nvmlDeviceGetCudaComputeCapability");
  unsigned count = 0;
  if (get_count == nullptr || get_device == nullptr || get_capability == nullptr || get_count(&count) != 0) return;
  for (unsigned i = 0; i < std::min(count, 1024u); ++i) {
    void* device = nullptr;
    int major = 0;
    int minor = 0;
    if (get_device(i, &device) == 0 && get_capability(device, &major, &minor) == 0) {
      tell(out, "capability", major * 10 + minor);
    }
  }
}

// --- In the parent. ---

void take_line(std::string_view line, CudaDriver& driver) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return;
  const std::string_view what = line.substr(0, space);
  const int value = std::atoi(std::string(line.substr(space + 1)).c_str());
  if (what == "version") driver.version = value;
  if (what == "capability") driver.lowest_capability = std::min(value, driver.lowest_capability.value_or(value));
  if (what == "cuda-failure") driver.failure = "cuDriverGetVersion answered with error " + std::to_string(value);
  if (what == "init-failure") driver.failure = "cuInit answered with error " + std::to_string(value);
  if (what == "nvml-failure" && !driver.failure) driver.failure = "NVML answered with error " + std::to_string(value);
}

}  // namespace

CudaDriver ask_cuda_driver(const std::string& cuda_library, const std::string& nvml_library, int milliseconds) {
  const ChildAnswer answer = ask_in_child(
      [&](int out) {
        if (!ask_cuda(out, cuda_library)) ask_nvml(out, nvml_library);
      },
      milliseconds);
  CudaDriver driver;
  for (const std::string_view line : core::split(answer.text, '\n')) take_line(line, driver);
  if (answer.failure) driver.failure = answer.failure;
  return driver;
}

}  // namespace envlock::snapshot
