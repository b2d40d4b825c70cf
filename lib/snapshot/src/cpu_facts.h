#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace envlock::snapshot {

/// The processor's name from the text of /proc/cpuinfo; of an ARM one without a name its implementer and part. "" when
/// there is neither.
std::string processor_model(std::string_view cpu_info);

/// The instruction sets that numerical libraries choose their code by, of the first processor, sorted. Which ones:
/// docs/formats/snapshot.md.
std::vector<std::string> instruction_sets(std::string_view cpu_info);

/// "L1d", "L1i", "L2", "L3" -> bytes of one instance, the largest where they differ, sorted by name.
/// `cpus` is /sys/devices/system/cpu.
std::vector<std::pair<std::string, std::uint64_t>> cache_sizes(const std::filesystem::path& cpus);

}  // namespace envlock::snapshot
