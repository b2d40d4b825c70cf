#include "probe_devices.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/probe/cuda.h"
#include "envlock/probe/machine.h"

namespace envlock::tools {
namespace {

/// More threads than this gain nothing at the sizes of the probe.
constexpr int kMostUsefulThreads = 8;

probe::Facts common_facts(const std::string& device) {
  probe::Facts facts;
  facts.envlock_version = ENVLOCK_VERSION;
  facts.device = device;
  facts.environment = probe::numeric_environment();
  return facts;
}

ProbeDevice processor(const ProbeArgs& args) {
  const std::vector<std::string> isas = probe::usable_isas();
  ProbeDevice device{.name = "cpu", .facts = common_facts("cpu")};
  device.facts.device_name = probe::processor_name();
  device.facts.threads = args.threads > 0 ? args.threads : std::min(probe::usable_threads(), kMostUsefulThreads);
  device.facts.details = {{"isa", args.isa.empty() ? isas.back() : args.isa},
                          {"isas of this machine", core::join(isas, " ")},
                          {"processors allowed", std::to_string(probe::allowed_processors().size())}};
  return device;
}

ProbeDevice gpu(const probe::CudaPlatform& platform, const probe::CudaDevice& found) {
  ProbeDevice device{.name = "cuda:" + std::to_string(found.index), .cuda_index = found.index, .facts = {}};
  device.facts = common_facts(device.name);
  device.facts.device_name = found.name;
  device.facts.threads = 1;
  const int driver = platform.driver_version;
  device.facts.details = {
      {"compute capability", fmt::format("{}.{}", found.major, found.minor)},
      {"driver's CUDA", fmt::format("{}.{}", driver / 1000, driver % 1000 / 10)},
      {"memory", std::to_string(found.memory_bytes)},
      {"mig", found.is_mig ? "yes" : "no"},
      {"multiprocessors", std::to_string(found.multiprocessors)},
      {"pci", found.pci_address},
      {"uuid", found.uuid},
  };
  return device;
}

[[noreturn]] void unknown_device(const std::string& name, const std::vector<std::string>& known) {
  throw core::Error({.code = "unknown-device",
                     .what = "there is no device `" + core::printable(name) + "`",
                     .where = std::nullopt,
                     .why = known.empty() ? std::vector<std::string>{}
                                          : std::vector<std::string>{"this machine has " + core::join(known, ", ")},
                     .hints = {"`--device` takes `cpu`, `cuda:0` and so on, or `all`"}});
}

}  // namespace

std::vector<ProbeDevice> choose_devices(const ProbeArgs& args) {
  if (args.device == "cpu") return {processor(args)};
  const bool all = args.device == "all";
  int wanted = 0;
  if (!all && args.device != "cuda") {
    constexpr std::string_view kPrefix = "cuda:";
    if (args.device.rfind(kPrefix, 0) != 0) unknown_device(args.device, {});
    const char* begin = args.device.data() + kPrefix.size();
    const char* end = args.device.data() + args.device.size();
    const auto [stop, error] = std::from_chars(begin, end, wanted);
    if (begin == end || error != std::errc() || stop != end || wanted < 0) unknown_device(args.device, {});
  }
  const probe::CudaPlatform platform = probe::find_cuda();
  std::vector<ProbeDevice> devices;
  if (all) devices.push_back(processor(args));
  std::vector<std::string> known = {"`cpu`"};
  for (const probe::CudaDevice& device : platform.devices) {
    known.push_back("`cuda:" + std::to_string(device.index) + "` (" + device.name + ")");
    if (all || device.index == wanted) devices.push_back(gpu(platform, device));
  }
  if (devices.empty()) unknown_device(args.device, known);
  return devices;
}

std::unique_ptr<probe::Backend> make_backend(const ProbeDevice& device, const probe::Plan& plan,
                                             const probe::CpuOptions& options) {
  if (device.cuda_index < 0) return probe::make_cpu_backend(plan, options);
  return probe::make_cuda_backend(plan, {.device = device.cuda_index, .digests = true, .ptx = {}, .self_test = true});
}

}  // namespace envlock::tools
