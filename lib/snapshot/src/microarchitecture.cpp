// archspec names the most specific microarchitecture of the CPU's vendor whose features are all there. Here are those
// that people train on; an older or rarer one falls back to its generic level, which is true as well, only less
// precise.

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "envlock/core/text.h"
#include "envlock/snapshot/machine.h"

namespace envlock::snapshot {
namespace {

struct Target {
  std::string_view name;
  std::string_view parent;    ///< whose features are needed too
  std::string_view vendor;    ///< "" for a generic level
  std::string_view features;  ///< words of the line "flags", separated by spaces
};

// Ascending within a vendor: the last that fits is taken.
// Source: archspec-json, cpu/microarchitectures.json.
constexpr std::array kTargets = {
    Target{"x86_64", "", "", ""},
    Target{"x86_64_v2", "x86_64", "", "cx16 lahf_lm mmx sse sse2 ssse3 sse4_1 sse4_2 popcnt"},
    Target{"x86_64_v3", "x86_64_v2", "", "avx avx2 bmi1 bmi2 f16c fma abm movbe xsave"},
    Target{"x86_64_v4", "x86_64_v3", "", "avx512f avx512bw avx512cd avx512dq avx512vl"},
    Target{"nehalem", "x86_64_v2", "GenuineIntel", ""},
    Target{"westmere", "nehalem", "GenuineIntel", "pclmulqdq"},
    Target{"sandybridge", "westmere", "GenuineIntel", "avx aes"},
    Target{"ivybridge", "sandybridge", "GenuineIntel", "rdrand f16c"},
    Target{"haswell", "ivybridge", "GenuineIntel", "fma avx2 bmi1 bmi2 movbe abm"},
    Target{"broadwell", "haswell", "GenuineIntel", "rdseed adx"},
    Target{"skylake", "broadwell", "GenuineIntel", "clflushopt xsavec xsaveopt"},
    Target{"skylake_avx512", "skylake", "GenuineIntel", "avx512f clwb avx512vl avx512bw avx512dq avx512cd"},
    Target{"cascadelake", "skylake_avx512", "GenuineIntel", "avx512_vnni"},
    Target{"icelake", "cascadelake", "GenuineIntel",
           "avx512vbmi avx512ifma sha_ni umip rdpid gfni avx512_vbmi2 avx512_vpopcntdq avx512_bitalg vaes vpclmulqdq"},
    Target{"sapphirerapids", "icelake", "GenuineIntel",
           "avx512_bf16 avx512_fp16 amx_bf16 amx_int8 amx_tile cldemote movdir64b movdiri serialize waitpkg"},
    Target{"zen", "x86_64_v3", "AuthenticAMD", "fsgsbase rdseed clzero aes pclmulqdq sse4a xsavec xsaveopt clflushopt"},
    Target{"zen2", "zen", "AuthenticAMD", "clwb"},
    Target{"zen3", "zen2", "AuthenticAMD", "vaes vpclmulqdq"},
    Target{"zen4", "zen3", "AuthenticAMD",
           "avx512f avx512bw avx512cd avx512dq avx512vl avx512ifma avx512_vbmi2 avx512_vnni avx512_bitalg "
           "avx512_vpopcntdq avx512_bf16 gfni"},
    Target{"zen5", "zen4", "AuthenticAMD", "avx512_vp2intersect movdiri movdir64b avx_vnni"},
};

struct ArmPart {
  std::string_view implementer;
  std::string_view part;
  std::string_view name;
};

constexpr std::array kArmParts = {
    ArmPart{"0x41", "0xd08", "cortex_a72"},  ArmPart{"0x41", "0xd0c", "neoverse_n1"},
    ArmPart{"0x41", "0xd40", "neoverse_v1"}, ArmPart{"0x41", "0xd49", "neoverse_n2"},
    ArmPart{"0x41", "0xd4f", "neoverse_v2"}, ArmPart{"0x43", "0x0af", "thunderx2"},
    ArmPart{"0x46", "0x001", "a64fx"},
};

// The value of the first line "key : value".
std::string_view field(std::string_view cpu_info, std::string_view key) {
  for (const std::string_view line : core::split(cpu_info, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && core::trim(line.substr(0, colon)) == key) {
      return core::trim(line.substr(colon + 1));
    }
  }
  return {};
}

const Target* parent_of(const Target& target) {
  const auto parent = std::find_if(kTargets.begin(), kTargets.end(),
                                   [&target](const Target& other) { return other.name == target.parent; });
  return parent == kTargets.end() ? nullptr : &*parent;
}

bool has_features(const Target& target, const std::set<std::string_view>& flags) {
  for (const Target* level = &target; level != nullptr; level = parent_of(*level)) {
    for (const std::string_view feature : core::split(level->features, ' ')) {
      if (!feature.empty() && flags.count(feature) == 0) return false;
    }
  }
  return true;
}

}  // namespace

std::optional<std::string> microarchitecture(std::string_view cpu_info) {
  const std::string_view implementer = field(cpu_info, "CPU implementer");
  if (!implementer.empty()) {
    const std::string_view part = field(cpu_info, "CPU part");
    for (const ArmPart& known : kArmParts) {
      if (known.implementer == implementer && known.part == part) return std::string(known.name);
    }
    return "aarch64";
  }
  const std::string_view flag_line = field(cpu_info, "flags");
  if (flag_line.empty()) return std::nullopt;
  const std::string_view vendor = field(cpu_info, "vendor_id");
  std::set<std::string_view> flags;
  for (const std::string_view flag : core::split(flag_line, ' ')) flags.insert(flag);

  const Target* generic = &kTargets.front();
  const Target* specific = nullptr;
  for (const Target& target : kTargets) {
    if ((!target.vendor.empty() && target.vendor != vendor) || !has_features(target, flags)) continue;
    (target.vendor.empty() ? generic : specific) = &target;
  }
  if (specific == nullptr) return std::string(generic->name);
  // A virtual machine may hide one feature of haswell and still be x86_64_v3: then the generic level says more.
  std::set<std::string_view> implied = {"xsave"};
  for (const Target* target = specific; target != nullptr; target = parent_of(*target)) {
    for (const std::string_view feature : core::split(target->features, ' ')) implied.insert(feature);
  }
  return std::string(has_features(*generic, implied) ? specific->name : generic->name);
}

}  // namespace envlock::snapshot
