#include "gpu_facts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <map>

#include "driver_child.h"
#include "envlock/core/text.h"

namespace envlock::snapshot {
namespace {

constexpr int kMostDevices = 256;

// --- In the child: the lines "driver VERSION", "nvml I FACT VALUE" and "cuda I FACT VALUE". ---

/// What a driver wrote into a buffer, as one short line.
std::string line_of(const char* text, std::size_t size) {
  std::string line(text, std::find(text, text + size, '\0'));
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < ' '; }, ' ');
  return std::string(core::trim(line));
}

struct NvmlMemory {
  unsigned long long total, free, used;
};
struct NvmlAttributes {
  unsigned multiprocessors;
  unsigned copy_engines, decoders, encoders, jpeg_engines, optical_flow_engines;
  unsigned gpu_slices, compute_slices;
  unsigned long long memory_megabytes;
};

class Nvml {
 public:
  Nvml(int out, void* library) : out_(out), library_(library) {}

  void ask() {
    const auto init = symbol<int (*)()>(library_, "nvmlInit_v2");
    if (init == nullptr) return;
    if (const int failure = init(); failure != 0)
      return tell(out_, "failure", "NVML answered with error " + std::to_string(failure));
    std::array<char, 96> text{};
    const auto get_driver = symbol<int (*)(char*, unsigned)>(library_, "nvmlSystemGetDriverVersion");
    if (get_driver != nullptr && get_driver(text.data(), text.size() - 1) == 0) {
      tell(out_, "driver", line_of(text.data(), text.size()));
    }
    const auto get_count = symbol<int (*)(unsigned*)>(library_, "nvmlDeviceGetCount_v2");
    const auto get_device = symbol<int (*)(unsigned, void**)>(library_, "nvmlDeviceGetHandleByIndex_v2");
    unsigned count = 0;
    if (get_count == nullptr || get_device == nullptr || get_count(&count) != 0) return;
    for (unsigned i = 0; i < std::min<unsigned>(count, kMostDevices); ++i) {
      beginning_ = "nvml " + std::to_string(i) + " ";
      // A device that has fallen off the bus is still one of the machine.
      tell(out_, beginning_ + "here", 1);
      if (get_device(i, &device_) == 0) ask_device();
    }
  }

 private:
  void ask_device() {
    tell_text("uuid", "nvmlDeviceGetUUID");
    tell_text("name", "nvmlDeviceGetName");
    tell_capability();
    NvmlMemory memory{};
    const auto get_memory = symbol<int (*)(void*, NvmlMemory*)>(library_, "nvmlDeviceGetMemoryInfo");
    if (get_memory != nullptr && get_memory(device_, &memory) == 0) tell_fact("memory", std::to_string(memory.total));
    tell_mode("ecc", "nvmlDeviceGetEccMode");
    tell_mode("mig", "nvmlDeviceGetMigMode");
    NvmlAttributes attributes{};
    const auto get_attributes = symbol<int (*)(void*, NvmlAttributes*)>(library_, "nvmlDeviceGetAttributes_v2");
    if (get_attributes != nullptr && get_attributes(device_, &attributes) == 0 && attributes.multiprocessors > 0) {
      tell_fact("multiprocessors", std::to_string(attributes.multiprocessors));
    }
  }

  void tell_fact(const char* fact, const std::string& value) { tell(out_, beginning_ + fact, value); }

  void tell_text(const char* fact, const char* function) {
    std::array<char, 97> text{};
    const auto get = symbol<int (*)(void*, char*, unsigned)>(library_, function);
    if (get != nullptr && get(device_, text.data(), text.size() - 1) == 0) {
      tell_fact(fact, line_of(text.data(), text.size()));
    }
  }

  void tell_capability() {
    int major = 0;
    int minor = 0;
    const auto get = symbol<int (*)(void*, int*, int*)>(library_, "nvmlDeviceGetCudaComputeCapability");
    if (get != nullptr && get(device_, &major, &minor) == 0) {
      tell_fact("capability", std::to_string(major) + "." + std::to_string(minor));
    }
  }

  /// The mode now, not the one after the next start.
  void tell_mode(const char* fact, const char* function) {
    unsigned current = 0;
    unsigned pending = 0;
    const auto get = symbol<int (*)(void*, unsigned*, unsigned*)>(library_, function);
    if (get != nullptr && get(device_, &current, &pending) == 0) tell_fact(fact, current == 0 ? "off" : "on");
  }

  int out_;
  void* library_;
  void* device_ = nullptr;
  std::string beginning_;
};

/// "GPU-01234567-89ab-cdef-0123-456789abcdef", as NVML writes it.
std::string format_uuid(const std::array<unsigned char, 16>& bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text = "GPU-";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kHex[bytes[i] >> 4];
    text += kHex[bytes[i] & 15];
  }
  return text;
}

class Cuda {
 public:
  Cuda(int out, void* library) : out_(out), library_(library) {}

  void ask() {
    const auto init = symbol<int (*)(unsigned)>(library_, "cuInit");
    const auto get_count = symbol<int (*)(int*)>(library_, "cuDeviceGetCount");
    const auto get_device = symbol<int (*)(int*, int)>(library_, "cuDeviceGet");
    int count = 0;
    if (init == nullptr || get_count == nullptr || get_device == nullptr) return;
    if (init(0) != 0 || get_count(&count) != 0) return;  // told when the virtual packages are detected
    for (int i = 0; i < std::min(count, kMostDevices); ++i) {
      beginning_ = "cuda " + std::to_string(i) + " ";
      if (get_device(&device_, i) == 0) ask_device();
    }
  }

 private:
  void ask_device() {
    tell(out_, beginning_ + "here", 1);
    std::array<unsigned char, 16> uuid{};
    // The newer function gives a MIG instance's own identity; NVML's devices have the older one's.
    const auto get_uuid = symbol<int (*)(unsigned char*, int)>(library_, "cuDeviceGetUuid");
    if (get_uuid != nullptr && get_uuid(uuid.data(), device_) == 0) tell_fact("uuid", format_uuid(uuid));
    std::array<char, 97> name{};
    const auto get_name = symbol<int (*)(char*, int, int)>(library_, "cuDeviceGetName");
    if (get_name != nullptr && get_name(name.data(), static_cast<int>(name.size()) - 1, device_) == 0) {
      tell_fact("name", line_of(name.data(), name.size()));
    }
    constexpr int kMultiprocessors = 16;
    constexpr int kMajor = 75;
    constexpr int kMinor = 76;
    if (const auto count = attribute(kMultiprocessors)) tell_fact("multiprocessors", std::to_string(*count));
    const auto major = attribute(kMajor);
    const auto minor = attribute(kMinor);
    if (major && minor) tell_fact("capability", std::to_string(*major) + "." + std::to_string(*minor));
    std::size_t bytes = 0;
    const auto get_memory = symbol<int (*)(std::size_t*, int)>(library_, "cuDeviceTotalMem_v2");
    if (get_memory != nullptr && get_memory(&bytes, device_) == 0) tell_fact("memory", std::to_string(bytes));
  }

  std::optional<int> attribute(int which) const {
    int value = 0;
    const auto get = symbol<int (*)(int*, int, int)>(library_, "cuDeviceGetAttribute");
    if (get == nullptr || get(&value, which, device_) != 0) return std::nullopt;
    return value;
  }

  void tell_fact(const char* fact, const std::string& value) { tell(out_, beginning_ + fact, value); }

  int out_;
  void* library_;
  int device_ = 0;
  std::string beginning_;
};

void ask_driver(int out, const std::string& cuda_library, const std::string& nvml_library) {
  unsetenv("CUDA_VISIBLE_DEVICES");  // libcuda would show only those; the child is alone, nobody else reads it
  if (void* nvml = open_library(nvml_library); nvml != nullptr) Nvml(out, nvml).ask();
  if (void* cuda = open_library(cuda_library); cuda != nullptr) Cuda(out, cuda).ask();
}

// --- In the parent. ---

template <typename Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

void take_fact(std::string_view fact, std::string_view value, Gpu& gpu) {
  if (fact == "uuid") gpu.uuid = core::printable(value);
  if (fact == "name") gpu.name = core::printable(value);
  if (fact == "capability") gpu.compute_capability = core::printable(value);
  if (fact == "multiprocessors") gpu.multiprocessors = number_of<int>(value);
  if (fact == "memory") gpu.memory_bytes = number_of<std::uint64_t>(value);
  if (fact == "ecc") gpu.ecc = value == "on";
  if (fact == "mig") gpu.mig = value == "on" ? "on" : "off";
}

std::vector<Gpu> in_order(const std::map<int, Gpu>& devices) {
  std::vector<Gpu> all;
  for (const auto& [index, gpu] : devices) all.push_back(gpu);
  return all;
}

/// Fills what NVML did not tell of a device from libcuda's device of the same identity.
void complete(Gpu& gpu, const std::map<int, Gpu>& cuda) {
  for (const auto& [index, other] : cuda) {
    if (other.uuid.empty() || other.uuid != gpu.uuid) continue;
    if (gpu.name.empty()) gpu.name = other.name;
    if (gpu.compute_capability.empty()) gpu.compute_capability = other.compute_capability;
    if (gpu.mig == "on") continue;  // libcuda then describes an instance, a part of the device
    if (!gpu.memory_bytes) gpu.memory_bytes = other.memory_bytes;
    if (!gpu.multiprocessors) gpu.multiprocessors = other.multiprocessors;
  }
}

}  // namespace

GpuFacts ask_gpu_facts(const std::string& cuda_library, const std::string& nvml_library, int milliseconds) {
  const ChildAnswer answer = ask_in_child([&](int out) { ask_driver(out, cuda_library, nvml_library); }, milliseconds);
  GpuFacts facts;
  std::map<int, Gpu> nvml;
  std::map<int, Gpu> cuda;
  for (std::string_view line : core::split(answer.text, '\n')) {
    const auto word = [&line] {
      const std::size_t end = std::min(line.find(' '), line.size());
      const std::string_view first = line.substr(0, end);
      line.remove_prefix(std::min(end + 1, line.size()));
      return first;
    };
    const std::string_view source = word();
    if (source == "driver") facts.driver = core::printable(line);
    if (source == "failure") facts.failure = core::printable(line);
    if (source != "nvml" && source != "cuda") continue;
    const std::optional<int> index = number_of<int>(word());
    const std::string_view fact = word();
    if (index) take_fact(fact, line, (source == "nvml" ? nvml : cuda)[*index]);
  }
  facts.gpus = in_order(nvml.empty() ? cuda : nvml);
  for (Gpu& gpu : facts.gpus) complete(gpu, cuda);
  if (answer.failure) facts.failure = answer.failure;
  return facts;
}

}  // namespace envlock::snapshot
