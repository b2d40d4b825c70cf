#include "config.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace envlock::fake_cuda {
namespace {

constexpr const char* kPrefix = "ENVLOCK_FAKE_CUDA_";

std::string text_of(const char* name, const std::string& otherwise = {}) {
  const char* value = std::getenv((std::string(kPrefix) + name).c_str());
  return value == nullptr ? otherwise : value;
}

std::uint64_t number_of(const std::string& text, std::uint64_t otherwise) {
  char* end = nullptr;
  const unsigned long long value = std::strtoull(text.c_str(), &end, 0);
  return end == text.c_str() ? otherwise : value;
}

std::vector<std::string> parts_of(const std::string& text, char mark) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= text.size() && !text.empty()) {
    const std::size_t end = std::min(text.find(mark, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::vector<CallFault> faults_of(const char* name) {
  std::vector<CallFault> faults;
  for (const std::string& entry : parts_of(text_of(name), ',')) {
    const std::vector<std::string> fields = parts_of(entry, ':');
    CallFault fault{fields[0], 1, 719};
    if (fields.size() > 1) fault.call = number_of(fields[1], 1);
    if (fields.size() > 2) fault.value = static_cast<int>(number_of(fields[2], 719));
    faults.push_back(fault);
  }
  return faults;
}

std::string uuid_of(const std::string& text, std::size_t index) {
  std::string digits;
  for (const char c : text)
    if (std::string_view("0123456789abcdefABCDEF").find(c) != std::string_view::npos) digits += c;
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size() && bytes.size() < 16; i += 2)
    bytes += static_cast<char>(std::strtoul(digits.substr(i, 2).c_str(), nullptr, 16));
  while (bytes.size() < 16) bytes += static_cast<char>(0xf0 + static_cast<int>(index));
  return bytes;
}

void read_devices(Config& config) {
  const std::uint64_t count = std::min<std::uint64_t>(number_of(text_of("DEVICES"), 1), 64);
  const std::vector<std::string> names = parts_of(text_of("NAMES"), ';'), uuids = parts_of(text_of("UUIDS"), ';'),
                                 sms = parts_of(text_of("SMS"), ';');
  const auto pick = [](const std::vector<std::string>& list, std::size_t i) {
    return list.empty() ? std::string() : list[std::min(i, list.size() - 1)];
  };
  for (std::size_t i = 0; i < count; ++i) {
    FakeDevice device;
    device.name = names.empty() ? "envlock interpreter" : pick(names, i);
    device.uuid = uuid_of(i < uuids.size() ? uuids[i] : std::string(), i);
    device.sm_count = static_cast<int>(std::clamp<std::uint64_t>(number_of(pick(sms, i), 16), 1, 1024));
    char pci[16];
    std::snprintf(pci, sizeof pci, "0000:%02x:00.0", static_cast<unsigned>(i + 1) & 0xffu);
    device.pci = pci;
    config.devices.push_back(device);
  }
  // As the real driver does: only these, in this order, up to the first that does not exist.
  const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
  if (visible == nullptr) return;
  std::vector<FakeDevice> shown;
  for (const std::string& entry : parts_of(visible, ',')) {
    const std::uint64_t index = number_of(entry, count);
    if (index >= count) break;
    shown.push_back(config.devices[index]);
  }
  config.devices = shown;
}

Config read() {
  Config config;
  read_devices(config);
  const std::vector<std::string> capability = parts_of(text_of("CAPABILITY", "8.9"), '.');
  config.capability_major = static_cast<int>(number_of(capability[0], 8));
  config.capability_minor = capability.size() > 1 ? static_cast<int>(number_of(capability[1], 9)) : 0;
  config.driver_version = static_cast<int>(number_of(text_of("DRIVER_VERSION"), 13000));
  config.memory_bytes = number_of(text_of("MEMORY"), config.memory_bytes);
  const std::string checks = text_of("CHECKS", "all");
  const auto on = [&](const char* name) { return checks == "all" || checks.find(name) != std::string::npos; };
  config.check_races = on("races");
  config.check_undefined = on("uninitialised");
  config.check_policy = on("policy");
  config.late = text_of("LATE") == "1";
  config.seed = number_of(text_of("SEED"), 1);
  config.threads = static_cast<unsigned>(number_of(text_of("THREADS"), 0));
  config.init_result = static_cast<int>(number_of(text_of("INIT"), 0));
  config.jit_error = text_of("JIT_ERROR");
  config.report = text_of("REPORT");
  config.statistics = text_of("STATISTICS");
  config.failures = faults_of("FAIL");
  config.hangs = faults_of("HANG");
  const std::vector<std::string> flip = parts_of(text_of("FLIP"), ':');
  if (flip.size() >= 2) {
    config.flip_kernel = flip[0];
    config.flip.store = number_of(flip[1], 0);
    config.flip.bit = flip.size() > 2 ? static_cast<std::uint32_t>(number_of(flip[2], 0)) : 0;
    config.flip_device = flip.size() > 3 ? static_cast<int>(number_of(flip[3], 0)) : -1;
  }
  return config;
}

}  // namespace

const Config& config() {
  static const Config value = read();
  return value;
}

}  // namespace envlock::fake_cuda
