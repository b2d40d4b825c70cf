#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "envlock/conda/platform.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

namespace envlock::snapshot {

/// Where detection looks. The defaults are the machine itself; tests hand in their own.
struct MachineSources {
  std::string cuda_library = "libcuda.so.1";
  std::string nvml_library = "libnvidia-ml.so.1";
  int driver_milliseconds = 10000;  ///< a driver that has not answered by then is given up
  std::filesystem::path cpu_info = "/proc/cpuinfo";
  std::optional<std::string> kernel_release;  ///< instead of uname's
  std::optional<std::string> (*environment)(std::string_view) = core::environment_variable;

  // What only capture_machine looks at.
  std::filesystem::path proc = "/proc";
  std::filesystem::path sys = "/sys";
  std::filesystem::path etc = "/etc";
  std::filesystem::path cuda_toolkit = "/usr/local/cuda";
  std::optional<std::string> architecture;  ///< instead of uname's
  std::optional<std::string> glibc;         ///< instead of the one that this program runs with
  std::optional<int> processors;            ///< instead of those that this process may use
  /// Instead of probe::numeric_environment.
  std::optional<std::vector<std::pair<std::string, std::string>>> numeric_environment;
  /// Names of machine and user that no value may hold, instead of this process's.
  std::optional<std::vector<std::string>> private_names;
};

/// The virtual packages of the machine this program runs on, CONDA_OVERRIDE_* applied, sorted by name.
/// `__cuda` comes from the driver (libcuda.so.1, then NVML), never from a toolkit; `__cuda_arch` is the lowest compute
/// capability. The driver is asked in a child process, so that one which crashes or hangs costs a note and no more. A
/// probe that fails leaves its package out and says why in notes.
/// Throws: core::Error "invalid-override" for a CONDA_OVERRIDE_* variable that is no version.
/// Source: CEP 30, CEP 46.
std::vector<conda::VirtualPackage> detect_virtual_packages(core::Notes& notes, const MachineSources& sources = {});

/// "AuthenticAMD", "GenuineIntel", from the text of /proc/cpuinfo; of an ARM processor its implementer, "0x41". "" when
/// there is neither.
std::string processor_vendor(std::string_view cpu_info);

/// The microarchitecture that archspec would name, from the text of /proc/cpuinfo: "haswell", "zen3", "neoverse_v1",
/// else the generic level "x86_64_v3", "x86_64", "aarch64". Absent for any other machine.
std::optional<std::string> microarchitecture(std::string_view cpu_info);

}  // namespace envlock::snapshot
