#include "envlock/snapshot/machine.h"

#include <map>

#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;

namespace {

std::map<std::string, std::string, std::less<>> g_environment;

std::optional<std::string> look_up(std::string_view name) {
  const auto found = g_environment.find(name);
  return found == g_environment.end() ? std::nullopt : std::optional(found->second);
}

struct Found {
  std::map<std::string, std::string> packages;  ///< name -> "version build"
  std::vector<std::string> notes;               ///< codes
};

Found detect(const snapshot::MachineSources& sources) {
  core::Notes notes;
  Found found;
  for (const auto& package : snapshot::detect_virtual_packages(notes, sources)) {
    found.packages[package.name] = package.version + " " + package.build;
  }
  for (const auto& note : notes.all()) found.notes.push_back(note.diagnostic.code);
  return found;
}

snapshot::MachineSources sources(const std::string& driver, std::map<std::string, std::string, std::less<>> set = {}) {
  g_environment = std::move(set);
  snapshot::MachineSources result;
  result.cuda_library = std::string(FAKE_DRIVERS) + "/fake_driver_" + driver + ".so";
  result.nvml_library = "/nonexistent/nvml.so";
  result.driver_milliseconds = 20000;
  result.environment = look_up;
  return result;
}

using Codes = std::vector<std::string>;

}  // namespace

TEST_CASE("the driver's version is __cuda, its weakest device __cuda_arch") {
  const Found found = detect(sources("answers"));
  CHECK(found.packages.at("__cuda") == "12.9 0");
  CHECK(found.packages.at("__cuda_arch") == "8.6 0");
  CHECK(found.notes.empty());
}

TEST_CASE("a driver without a device is __cuda alone") {
  const Found found = detect(sources("no_device"));
  CHECK(found.packages.at("__cuda") == "12.9 0");
  CHECK(found.packages.count("__cuda_arch") == 0);
  CHECK(found.notes.empty());
}

TEST_CASE("no driver is no __cuda, and nothing to talk about") {
  const Found found = detect(sources("that_does_not_exist"));
  CHECK(found.packages.count("__cuda") == 0);
  CHECK(found.notes.empty());
}

TEST_CASE("NVML answers where libcuda does not") {
  snapshot::MachineSources both = sources("that_does_not_exist");
  both.nvml_library = std::string(FAKE_DRIVERS) + "/fake_driver_nvml.so";
  const Found found = detect(both);
  CHECK(found.packages.at("__cuda") == "11.4 0");
  CHECK(found.packages.at("__cuda_arch") == "7.0 0");
}

TEST_CASE("a driver that crashes while it looks for devices still told its version") {
  const Found found = detect(sources("crashes"));
  CHECK(found.packages.at("__cuda") == "12.9 0");
  CHECK(found.packages.count("__cuda_arch") == 0);
  CHECK(found.notes == Codes{"cuda-driver-failed"});
}

TEST_CASE("a driver that refuses is a warning") {
  const Found found = detect(sources("refuses"));
  CHECK(found.packages.count("__cuda") == 0);
  CHECK(found.notes == Codes{"cuda-driver-failed"});
}

TEST_CASE("a driver that hangs is given up") {
  snapshot::MachineSources hanging = sources("hangs");
  hanging.driver_milliseconds = 200;
  const Found found = detect(hanging);
  CHECK(found.packages.count("__cuda") == 0);
  CHECK(found.notes == Codes{"cuda-driver-failed"});
}

TEST_CASE("overrides count instead of the machine, and an empty one takes the package away") {
  const Found set = detect(sources("answers", {{"CONDA_OVERRIDE_CUDA", "11.8"},
                                               {"CONDA_OVERRIDE_CUDA_ARCH", "7.5"},
                                               {"CONDA_OVERRIDE_GLIBC", "2.17"},
                                               {"CONDA_OVERRIDE_LINUX", "4.18.0"},
                                               {"CONDA_OVERRIDE_ARCHSPEC", "zen3"}}));
  CHECK(set.packages.at("__cuda") == "11.8 0");
  CHECK(set.packages.at("__cuda_arch") == "7.5 0");
  CHECK(set.packages.at("__archspec") == "1 zen3");
  if (conda::native_subdir().substr(0, 6) == "linux-") {
    CHECK(set.packages.at("__glibc") == "2.17 0");
    CHECK(set.packages.at("__linux") == "4.18.0 0");
    CHECK(set.packages.at("__unix") == "0 0");
    CHECK(set.notes == Codes(5, "override-used"));
  }
  const Found empty = detect(sources("answers", {{"CONDA_OVERRIDE_CUDA", ""}, {"CONDA_OVERRIDE_CUDA_ARCH", "7.5"}}));
  CHECK(empty.packages.count("__cuda") == 0);
  CHECK(empty.packages.count("__cuda_arch") == 0);
}

TEST_CASE("an override that is no version is an error") {
  for (const char* variable : {"CONDA_OVERRIDE_CUDA", "CONDA_OVERRIDE_GLIBC", "CONDA_OVERRIDE_LINUX"}) {
    if (conda::native_subdir().substr(0, 6) != "linux-" && std::string(variable) != "CONDA_OVERRIDE_CUDA") continue;
    for (const char* value : {"banana", "12.", "12.9 ", ".5", "1;rm"}) {
      if (std::string(value) == "12.9 ") continue;  // white space around is no mistake
      CHECK_THROWS_AS(detect(sources("answers", {{variable, value}})), core::Error);
    }
  }
}

TEST_CASE("the kernel's version loses what the distribution added") {
  if (conda::native_subdir().substr(0, 6) != "linux-") return;
  const auto linux_version = [](const std::string& release) {
    snapshot::MachineSources machine = sources("that_does_not_exist");
    machine.kernel_release = release;
    return detect(machine).packages.at("__linux");
  };
  CHECK(linux_version("6.1.0-18-amd64") == "6.1.0 0");
  CHECK(linux_version("5.15.167.4-microsoft-standard-WSL2") == "5.15.167.4 0");
  CHECK(linux_version("4.18") == "4.18 0");
  CHECK(linux_version("strange") == "0 0");
}

TEST_CASE("the microarchitecture is the one that archspec names") {
  // Flags as these processors show them, as far as archspec asks.
  const std::string haswell =
      "abm aes avx avx2 bmi1 bmi2 cx16 f16c fma lahf_lm mmx movbe pclmulqdq popcnt rdrand sse sse2 sse4_1 sse4_2 ssse3 "
      "xsave";
  const std::string skylake_avx512 = haswell +
                                     " rdseed adx clflushopt xsavec xsaveopt avx512f clwb avx512vl avx512bw avx512dq "
                                     "avx512cd";
  const std::string zen4 = skylake_avx512 +
                           " avx512_bf16 avx512_bitalg avx512_vbmi2 avx512_vnni avx512_vpopcntdq avx512ifma avx512vbmi "
                           "clzero cppc fsgsbase gfni sse4a vaes vpclmulqdq";
  const auto named = [](const std::string& vendor, const std::string& flags) {
    return snapshot::microarchitecture("processor\t: 0\nvendor_id\t: " + vendor + "\nflags\t\t: " + flags + "\n")
        .value_or("none");
  };
  CHECK(named("GenuineIntel", haswell) == "haswell");
  CHECK(named("GenuineIntel", haswell + " rdseed adx") == "broadwell");
  CHECK(named("GenuineIntel", skylake_avx512) == "skylake_avx512");
  CHECK(named("GenuineIntel", skylake_avx512 + " avx512_vnni") == "cascadelake");
  CHECK(named("AuthenticAMD", zen4 + " pku erms flush_l1d") == "zen4");
  // What a virtual machine hides makes it the generic level, not an older processor.
  CHECK(named("AuthenticAMD", zen4 + " erms") == "x86_64_v4");
  CHECK(named("Unheard", skylake_avx512) == "x86_64_v4");
  CHECK(named("GenuineIntel", "fpu") == "x86_64");
  CHECK(snapshot::microarchitecture("CPU implementer\t: 0x41\nCPU part\t: 0xd40\n") == "neoverse_v1");
  CHECK(snapshot::microarchitecture("CPU implementer\t: 0x99\nCPU part\t: 0x001\n") == "aarch64");
  CHECK(!snapshot::microarchitecture("").has_value());
}

TEST_CASE("of an unknown processor is known what all of its subdir can do") {
  snapshot::MachineSources machine = sources("that_does_not_exist");
  machine.cpu_info = "/nonexistent/cpuinfo";
  const bool is_x86 = conda::native_subdir() == "linux-64";
  CHECK(detect(machine).packages.at("__archspec") == (is_x86 ? "1 x86_64" : "1 aarch64"));
}
