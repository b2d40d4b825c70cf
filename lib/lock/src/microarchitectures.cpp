#include "microarchitectures.h"

#include <algorithm>
#include <array>

namespace envlock::lock {
namespace {

struct Descent {
  std::string_view name;
  std::string_view from;
  std::string_view also_from;
};

// Source: archspec-json, cpu/microarchitectures.json, "from".
constexpr std::array kDescents = {
    Descent{"i686", "x86", ""},
    Descent{"pentium2", "i686", ""},
    Descent{"pentium3", "pentium2", ""},
    Descent{"pentium4", "pentium3", ""},
    Descent{"prescott", "pentium4", ""},
    Descent{"x86_64_v2", "x86_64", ""},
    Descent{"x86_64_v3", "x86_64_v2", ""},
    Descent{"x86_64_v4", "x86_64_v3", ""},
    Descent{"nocona", "x86_64", ""},
    Descent{"core2", "nocona", ""},
    Descent{"nehalem", "core2", "x86_64_v2"},
    Descent{"westmere", "nehalem", ""},
    Descent{"sandybridge", "westmere", ""},
    Descent{"ivybridge", "sandybridge", ""},
    Descent{"haswell", "ivybridge", "x86_64_v3"},
    Descent{"broadwell", "haswell", ""},
    Descent{"skylake", "broadwell", ""},
    Descent{"mic_knl", "broadwell", ""},
    Descent{"skylake_avx512", "skylake", "x86_64_v4"},
    Descent{"cannonlake", "skylake", "x86_64_v4"},
    Descent{"cascadelake", "skylake_avx512", ""},
    Descent{"icelake", "cascadelake", "cannonlake"},
    Descent{"sapphirerapids", "icelake", ""},
    Descent{"alderlake", "skylake", ""},
    Descent{"arrowlake", "alderlake", ""},
    Descent{"arrowlake_s", "arrowlake", ""},
    Descent{"k10", "x86_64", ""},
    Descent{"bulldozer", "x86_64_v2", ""},
    Descent{"piledriver", "bulldozer", ""},
    Descent{"steamroller", "piledriver", ""},
    Descent{"excavator", "steamroller", "x86_64_v3"},
    Descent{"zen", "x86_64_v3", ""},
    Descent{"zen2", "zen", ""},
    Descent{"zen3", "zen2", ""},
    Descent{"zen4", "zen3", "x86_64_v4"},
    Descent{"zen5", "zen4", ""},
    Descent{"zen6", "zen5", ""},
    Descent{"power7", "ppc64", ""},
    Descent{"power8", "power7", ""},
    Descent{"power9", "power8", ""},
    Descent{"power10", "power9", ""},
    Descent{"power8le", "ppc64le", ""},
    Descent{"power9le", "power8le", ""},
    Descent{"power10le", "power9le", ""},
    Descent{"armv8.1a", "aarch64", ""},
    Descent{"armv8.2a", "armv8.1a", ""},
    Descent{"armv8.3a", "armv8.2a", ""},
    Descent{"armv8.4a", "armv8.3a", ""},
    Descent{"armv8.5a", "armv8.4a", ""},
    Descent{"armv8.6a", "armv8.5a", ""},
    Descent{"armv9.0a", "armv8.5a", ""},
    Descent{"armv9.2a", "armv9.0a", "armv8.6a"},
    Descent{"thunderx2", "armv8.1a", ""},
    Descent{"a64fx", "armv8.2a", ""},
    Descent{"cortex_a72", "aarch64", ""},
    Descent{"neoverse_n1", "cortex_a72", "armv8.2a"},
    Descent{"neoverse_v1", "neoverse_n1", "armv8.4a"},
    Descent{"neoverse_v2", "neoverse_n1", "armv9.0a"},
    Descent{"neoverse_n2", "neoverse_n1", "armv9.0a"},
    Descent{"ampere1", "neoverse_n1", "armv8.6a"},
    Descent{"ampere1a", "ampere1", ""},
    Descent{"neoverse_v3ae", "neoverse_v2", "armv9.2a"},
    Descent{"olympus", "armv9.2a", ""},
    Descent{"m1", "armv8.4a", ""},
    Descent{"m2", "m1", "armv8.5a"},
    Descent{"m3", "m2", "armv8.6a"},
    Descent{"m4", "m3", "armv8.6a"},
    Descent{"u74mc", "riscv64", ""},
    Descent{"x60", "riscv64", ""},
};

}  // namespace

std::vector<std::string> microarchitecture_and_ancestors(std::string_view name) {
  std::vector<std::string> all = {std::string(name)};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto known =
        std::find_if(kDescents.begin(), kDescents.end(), [&](const Descent& each) { return each.name == all[i]; });
    if (known == kDescents.end()) continue;
    for (const std::string_view parent : {known->from, known->also_from}) {
      if (!parent.empty() && std::find(all.begin(), all.end(), parent) == all.end()) all.emplace_back(parent);
    }
  }
  return all;
}

bool can_run(std::string_view have, std::string_view wanted) {
  const std::vector<std::string> all = microarchitecture_and_ancestors(have);
  return std::find(all.begin(), all.end(), wanted) != all.end();
}

}  // namespace envlock::lock
