// archspec names the most specific microarchitecture of the CPU's vendor whose features are all there and which implies
// the highest generic level that fits; else that level.

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
  std::string_view vendor;    ///< "" for a generic level
  std::string_view level;     ///< the highest generic level that it implies; of a level itself the one below
  std::string_view features;  ///< words of the line "flags", separated by spaces
};

// Ascending within a vendor: the last that fits is taken.
// Source: archspec-json, cpu/microarchitectures.json.
// clang-format off
constexpr std::array kTargets = {
    Target{"x86_64", "", "",
           ""},
    Target{"x86_64_v2", "", "x86_64",
           "cx16 lahf_lm mmx popcnt sse sse2 sse4_1 sse4_2 ssse3"},
    Target{"x86_64_v3", "", "x86_64_v2",
           "abm avx avx2 bmi1 bmi2 cx16 f16c fma lahf_lm mmx movbe popcnt sse sse2 sse4_1 sse4_2 ssse3 "
           "xsave"},
    Target{"x86_64_v4", "", "x86_64_v3",
           "abm avx avx2 avx512bw avx512cd avx512dq avx512f avx512vl bmi1 bmi2 cx16 f16c fma lahf_lm mmx "
           "movbe popcnt sse sse2 sse4_1 sse4_2 ssse3 xsave"},
    Target{"nocona", "GenuineIntel", "x86_64",
           "mmx sse sse2 sse3"},
    Target{"core2", "GenuineIntel", "x86_64",
           "mmx sse sse2 ssse3"},
    Target{"nehalem", "GenuineIntel", "x86_64_v2",
           "cx16 lahf_lm mmx popcnt sse sse2 sse4_1 sse4_2 ssse3"},
    Target{"westmere", "GenuineIntel", "x86_64_v2",
           "aes cx16 lahf_lm mmx pclmulqdq popcnt sse sse2 sse4_1 sse4_2 ssse3"},
    Target{"sandybridge", "GenuineIntel", "x86_64_v2",
           "aes avx cx16 lahf_lm mmx pclmulqdq popcnt sse sse2 sse4_1 sse4_2 ssse3"},
    Target{"ivybridge", "GenuineIntel", "x86_64_v2",
           "aes avx cx16 f16c lahf_lm mmx pclmulqdq popcnt rdrand sse sse2 sse4_1 sse4_2 ssse3"},
    Target{"haswell", "GenuineIntel", "x86_64_v3",
           "abm aes avx avx2 bmi1 bmi2 cx16 f16c fma lahf_lm mmx movbe pclmulqdq popcnt rdrand sse sse2 "
           "sse4_1 sse4_2 ssse3 xsave"},
    Target{"broadwell", "GenuineIntel", "x86_64_v3",
           "abm adx aes avx avx2 bmi1 bmi2 cx16 f16c fma lahf_lm mmx movbe pclmulqdq popcnt rdrand rdseed "
           "sse sse2 sse4_1 sse4_2 ssse3 xsave"},
    Target{"mic_knl", "GenuineIntel", "x86_64_v3",
           "abm adx aes avx avx2 avx2 avx512cd avx512er avx512f avx512pf bmi1 bmi2 cx16 f16c fma lahf_lm "
           "mmx movbe pclmulqdq popcnt rdrand rdseed sse sse2 sse4_1 sse4_2 ssse3 xsave"},
    Target{"skylake", "GenuineIntel", "x86_64_v3",
           "abm adx aes avx avx2 bmi1 bmi2 clflushopt cx16 f16c fma lahf_lm mmx movbe pclmulqdq popcnt "
           "rdrand rdseed sse sse2 sse4_1 sse4_2 ssse3 xsave xsavec xsaveopt"},
    Target{"alderlake", "GenuineIntel", "x86_64_v3",
           "abm adx aes avx avx2 avx_vnni bmi1 bmi2 clflushopt clwb cx16 f16c fma gfni lahf_lm mmx movbe "
           "movdir64b movdiri pclmulqdq popcnt rdpid rdrand rdseed serialize sha_ni sse sse2 sse4_1 sse4_2 "
           "ssse3 vaes vpclmulqdq waitpkg xsave xsavec xsaveopt"},
    Target{"arrowlake", "GenuineIntel", "x86_64_v3",
           "abm adx aes avx avx2 avx_ifma avx_ne_convert avx_vnni avx_vnni_int8 bmi1 bmi2 clflushopt clwb "
           "cmpccxadd cx16 f16c fma gfni lahf_lm mmx movbe movdir64b movdiri pclmulqdq popcnt rdpid rdrand "
           "rdseed serialize sha_ni sse sse2 sse4_1 sse4_2 ssse3 vaes vpclmulqdq waitpkg xsave xsavec "
           "xsaveopt"},
    Target{"cannonlake", "GenuineIntel", "x86_64_v4",
           "abm adx aes avx avx2 avx512bw avx512cd avx512dq avx512f avx512ifma avx512vbmi avx512vl bmi1 "
           "bmi2 clflushopt cx16 f16c fma lahf_lm mmx movbe pclmulqdq popcnt rdrand rdseed sha_ni sse sse2 "
           "sse4_1 sse4_2 ssse3 xsave xsavec xsaveopt"},
    Target{"skylake_avx512", "GenuineIntel", "x86_64_v4",
           "abm adx aes avx avx2 avx512bw avx512cd avx512dq avx512f avx512vl bmi1 bmi2 clflushopt clwb cx16 "
           "f16c fma lahf_lm mmx movbe pclmulqdq popcnt rdrand rdseed sse sse2 sse4_1 sse4_2 ssse3 xsave "
           "xsavec xsaveopt"},
    Target{"arrowlake_s", "GenuineIntel", "x86_64_v3",
           "abm adx aes avx avx2 avx_ifma avx_ne_convert avx_vnni avx_vnni_int16 avx_vnni_int8 bmi1 bmi2 "
           "clflushopt clwb cmpccxadd cx16 f16c fma gfni lahf_lm mmx movbe movdir64b movdiri pclmulqdq "
           "popcnt rdpid rdrand rdseed serialize sha512 sha_ni sm3 sm4 sse sse2 sse4_1 sse4_2 ssse3 vaes "
           "vpclmulqdq waitpkg xsave xsavec xsaveopt"},
    Target{"cascadelake", "GenuineIntel", "x86_64_v4",
           "abm adx aes avx avx2 avx512_vnni avx512bw avx512cd avx512dq avx512f avx512vl bmi1 bmi2 "
           "clflushopt clwb cx16 f16c fma lahf_lm mmx movbe pclmulqdq popcnt rdrand rdseed sse sse2 sse4_1 "
           "sse4_2 ssse3 xsave xsavec xsaveopt"},
    Target{"icelake", "GenuineIntel", "x86_64_v4",
           "abm adx aes avx avx2 avx512_bitalg avx512_vbmi2 avx512_vnni avx512_vpopcntdq avx512bw avx512cd "
           "avx512dq avx512f avx512ifma avx512vbmi avx512vl bmi1 bmi2 clflushopt clwb cx16 f16c fma gfni "
           "lahf_lm mmx movbe pclmulqdq popcnt rdpid rdrand rdseed sha_ni sha_ni sse sse2 sse4_1 sse4_2 "
           "ssse3 vaes vpclmulqdq xsave xsavec xsaveopt"},
    Target{"sapphirerapids", "GenuineIntel", "x86_64_v4",
           "abm adx aes amx_bf16 amx_int8 amx_tile avx avx2 avx512_bf16 avx512_bitalg avx512_vbmi2 "
           "avx512_vnni avx512_vpopcntdq avx512bw avx512cd avx512dq avx512f avx512ifma avx512vbmi avx512vl "
           "bmi1 bmi2 cldemote clflushopt clwb cx16 f16c fma gfni lahf_lm mmx movbe movdir64b movdiri "
           "pclmulqdq popcnt rdpid rdrand rdseed serialize sha_ni sha_ni sse sse2 sse4_1 sse4_2 ssse3 vaes "
           "vpclmulqdq waitpkg xsave xsavec xsaveopt"},
    Target{"k10", "AuthenticAMD", "x86_64",
           "3dnow 3dnowext abm cx16 mmx sse sse2 sse4a"},
    Target{"bulldozer", "AuthenticAMD", "x86_64_v2",
           "abm aes avx cx16 cx16 fma4 lahf_lm mmx pclmulqdq popcnt sse sse2 sse4_1 sse4_2 sse4a ssse3 xop "
           "xsave"},
    Target{"piledriver", "AuthenticAMD", "x86_64_v2",
           "abm aes avx bmi1 cx16 cx16 f16c fma fma4 lahf_lm mmx pclmulqdq popcnt sse sse2 sse4_1 sse4_2 "
           "sse4a ssse3 tbm xop xsave"},
    Target{"zen", "AuthenticAMD", "x86_64_v3",
           "abm aes avx avx2 bmi1 bmi2 clflushopt clzero cx16 cx16 f16c fma fsgsbase lahf_lm mmx movbe "
           "pclmulqdq popcnt rdseed sse sse2 sse4_1 sse4_2 sse4a ssse3 xsave xsavec xsaveopt"},
    Target{"steamroller", "AuthenticAMD", "x86_64_v2",
           "abm aes avx bmi1 cx16 cx16 f16c fma fma4 fsgsbase lahf_lm mmx pclmulqdq popcnt sse sse2 sse4_1 "
           "sse4_2 sse4a ssse3 tbm xop xsave"},
    Target{"zen2", "AuthenticAMD", "x86_64_v3",
           "abm aes avx avx2 bmi1 bmi2 clflushopt clwb clzero cx16 f16c fma fsgsbase lahf_lm mmx movbe "
           "pclmulqdq popcnt rdseed sse sse2 sse4_1 sse4_2 sse4a ssse3 xsave xsavec xsaveopt"},
    Target{"zen3", "AuthenticAMD", "x86_64_v3",
           "abm aes avx avx2 bmi1 bmi2 clflushopt clwb clzero cx16 f16c fma fsgsbase lahf_lm mmx movbe "
           "pclmulqdq pku popcnt rdseed sse sse2 sse4_1 sse4_2 sse4a ssse3 vaes vpclmulqdq xsave xsavec "
           "xsaveopt"},
    Target{"excavator", "AuthenticAMD", "x86_64_v3",
           "abm aes avx avx2 bmi1 bmi2 cx16 cx16 f16c fma fma4 fsgsbase lahf_lm mmx movbe pclmulqdq popcnt "
           "sse sse2 sse4_1 sse4_2 sse4a ssse3 tbm xop xsave"},
    Target{"zen4", "AuthenticAMD", "x86_64_v4",
           "abm aes avx avx2 avx512_bf16 avx512_bitalg avx512_vbmi2 avx512_vnni avx512_vpopcntdq avx512bw "
           "avx512cd avx512dq avx512f avx512ifma avx512vbmi avx512vl bmi1 bmi2 clflushopt clwb clzero cx16 "
           "f16c flush_l1d fma fsgsbase gfni lahf_lm mmx movbe pclmulqdq pku popcnt rdseed sse sse2 sse4_1 "
           "sse4_2 sse4a ssse3 vaes vpclmulqdq xsave xsavec xsaveopt"},
    Target{"zen5", "AuthenticAMD", "x86_64_v4",
           "abm aes avx avx2 avx512_bf16 avx512_bitalg avx512_vbmi2 avx512_vnni avx512_vp2intersect "
           "avx512_vpopcntdq avx512bw avx512cd avx512dq avx512f avx512ifma avx512vbmi avx512vl avx_vnni "
           "bmi1 bmi2 clflushopt clwb clzero cx16 f16c flush_l1d fma fsgsbase gfni lahf_lm mmx movbe "
           "movdir64b movdiri pclmulqdq pku popcnt rdseed sse sse2 sse4_1 sse4_2 sse4a ssse3 tsc_adjust "
           "vaes vpclmulqdq xsave xsavec xsaveopt"},
};
// clang-format on

struct ArmPart {
  std::string_view implementer;
  std::string_view part;
  std::string_view name;
};

constexpr std::array kArmParts = {
    ArmPart{"0x41", "0xd08", "cortex_a72"},  ArmPart{"0x41", "0xd0c", "neoverse_n1"},
    ArmPart{"0x41", "0xd40", "neoverse_v1"}, ArmPart{"0x41", "0xd49", "neoverse_n2"},
    ArmPart{"0x41", "0xd4f", "neoverse_v2"}, ArmPart{"0x43", "0x0af", "thunderx2"},
    ArmPart{"0x46", "0x001", "a64fx"},       ArmPart{"0xc0", "0xac3", "ampere1"},
    ArmPart{"0xc0", "0xac4", "ampere1a"},    ArmPart{"0x41", "0xd83", "neoverse_v3ae"},
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

bool has_features(const Target& target, const std::set<std::string_view>& flags) {
  for (const std::string_view feature : core::split(target.features, ' ')) {
    if (!feature.empty() && flags.count(feature) == 0) return false;
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
  for (const Target& target : kTargets) {
    if (target.vendor.empty() && has_features(target, flags)) generic = &target;
  }
  // A virtual machine may hide one feature of zen4 and still be x86_64_v4: then the generic level says more than zen3.
  const Target* best = generic;
  for (const Target& target : kTargets) {
    if (target.vendor == vendor && target.level == generic->name && has_features(target, flags)) best = &target;
  }
  return std::string(best->name);
}

}  // namespace envlock::snapshot
