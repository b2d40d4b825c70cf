#include "hardware_class.h"

#include "envlock/core/diagnostic.h"
#include "envlock/core/file.h"

namespace envlock::tools {
namespace {

std::string vendor_of_processor() {
  try {
    return snapshot::processor_vendor(core::read_file("/proc/cpuinfo"));
  } catch (const core::Error&) {
    return {};  // no /proc: the instruction sets still tell classes apart
  }
}

}  // namespace

probe::HardwareClass hardware_class(const snapshot::Machine& machine, int threads) {
  probe::HardwareClass hardware{
      .architecture = machine.architecture, .vendor = vendor_of_processor(), .isa = machine.isa, .threads = threads};
  for (const auto& [name, bytes] : machine.caches) {
    if (name == "L2") hardware.l2_bytes = bytes;
  }
  return hardware;
}

probe::HardwareClass hardware_class(const snapshot::Machine& machine, const probe::GpuClass& gpu) {
  return {.architecture = machine.architecture, .vendor = {}, .isa = {}, .threads = 1, .gpus = {gpu}};
}

}  // namespace envlock::tools
