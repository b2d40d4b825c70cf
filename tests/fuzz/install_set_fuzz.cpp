// Locks of every format as something to install: an Error, or a set that can be looked through.
#include <cstdint>
#include <string_view>

#include "envlock/core/diagnostic.h"
#include "envlock/lock/install_set.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  envlock::core::Notes notes;
  try {
    const envlock::lock::InstallSet set =
        envlock::lock::parse_install_set({reinterpret_cast<const char*>(data), size}, "fuzz", "/locks", notes);
    const std::vector<envlock::conda::VirtualPackage> machine = {{"__archspec", "1", "zen3"}, {"__glibc", "2.36", "0"}};
    for (const envlock::lock::InstallPlatform& platform : set.platforms) {
      std::vector<envlock::conda::PackageRecord> records;
      for (const envlock::lock::InstallPackage& each : platform.packages) records.push_back(each.record);
      envlock::lock::unmet_machine_needs(records, machine);
    }
    envlock::lock::choose_platform(set, "linux-64", machine, "fuzz");
  } catch (const envlock::core::Error&) {
  }
  return 0;
}
