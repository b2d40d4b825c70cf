#include <sys/utsname.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

#include "control_group.h"
#include "cpu_facts.h"
#include "detection.h"
#include "environment_values.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/probe/machine.h"
#include "envlock/snapshot/snapshot.h"
#include "gpu_facts.h"

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

namespace envlock::snapshot {
namespace {

namespace fs = std::filesystem;

/// A small file's text; "" when it cannot be read.
std::string text_of(const fs::path& path) {
  try {
    return core::read_file(path, 16 << 20);
  } catch (const core::Error&) {
    return {};
  }
}

/// "MemTotal:       32776564 kB" in bytes; 0 when it is not told.
std::uint64_t total_memory(std::string_view memory_info) {
  for (const std::string_view line : core::split(memory_info, '\n')) {
    if (!line.starts_with("MemTotal:")) continue;
    const std::string_view number = core::trim(line.substr(9));
    std::uint64_t kilobytes = 0;
    std::from_chars(number.data(), number.data() + number.size(), kilobytes);
    return kilobytes <= (std::uint64_t{1} << 53) ? kilobytes * 1024 : 0;
  }
  return 0;
}

/// PRETTY_NAME of an os-release file, without its quotes. Source: os-release(5).
std::string pretty_name(std::string_view os_release) {
  for (const std::string_view line : core::split(os_release, '\n')) {
    if (!line.starts_with("PRETTY_NAME=")) continue;
    std::string_view value = core::trim(line.substr(12));
    const bool quoted =
        value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front();
    if (quoted) value = value.substr(1, value.size() - 2);
    std::string name;
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (value[i] == '\\' && i + 1 < value.size()) ++i;
      name += value[i];
    }
    return core::printable(name);
  }
  return {};
}

/// The word behind `label`: "550.54.15" of "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar".
std::string word_behind(std::string_view text, std::string_view label) {
  const std::size_t at = text.find(label);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = core::trim(text.substr(at + label.size()));
  return core::printable(rest.substr(0, rest.find_first_of(" \t\n")), 40);
}

/// Source: CUDA toolkits have version.json since 11.1, version.txt before.
std::string toolkit_version(const fs::path& folder) {
  const nlohmann::json json = nlohmann::json::parse(text_of(folder / "version.json"), nullptr, false);
  if (json.is_object() && json.contains("cuda") && json["cuda"].is_object() && json["cuda"].contains("version") &&
      json["cuda"]["version"].is_string()) {
    return core::printable(json["cuda"]["version"].get<std::string>(), 40);
  }
  return word_behind(text_of(folder / "version.txt"), "CUDA Version");
}

void take_nvidia(Machine& machine, core::Notes& notes, const MachineSources& sources, const CudaDriver& driver) {
  if (driver.version) machine.cuda_of_driver = format_cuda_version(*driver.version);
  GpuFacts facts = ask_gpu_facts(sources.cuda_library, sources.nvml_library, sources.driver_milliseconds);
  machine.gpus = std::move(facts.gpus);
  machine.nvidia_driver = facts.driver;
  if (machine.nvidia_driver.empty()) {
    machine.nvidia_driver = word_behind(text_of(sources.proc / "driver/nvidia/version"), "Kernel Module");
  }
  machine.cuda_toolkit = toolkit_version(sources.cuda_toolkit);
  if (!facts.failure) return;
  notes.warning({.code = "gpus-not-told",
                 .what = "the NVIDIA driver did not tell all of its devices, so some may be missing here",
                 .where = {},
                 .why = {*facts.failure},
                 .hints = {"see what `nvidia-smi` says"}});
}

std::vector<std::pair<std::string, std::string>> environment_of(const MachineSources& sources) {
  PrivateNames names = private_names();
  if (sources.private_names) names.names = *sources.private_names;
  names.prefix = sources.environment("CONDA_PREFIX").value_or("");
  std::map<std::string, std::string> found;
  for (const auto& [name, value] :
       sources.numeric_environment ? *sources.numeric_environment : probe::numeric_environment()) {
    found[name] = public_value(name, value, names);
  }
  for (const std::string& name : further_variables()) {
    if (const auto value = sources.environment(name)) found[name] = public_value(name, *value, names);
  }
  return {found.begin(), found.end()};
}

void take_processor(Machine& machine, const MachineSources& sources) {
  const std::string cpu_info = text_of(sources.cpu_info);
  machine.cpu = processor_model(cpu_info);
  machine.microarchitecture = microarchitecture(cpu_info).value_or("");
  machine.isa = instruction_sets(cpu_info);
  machine.caches = cache_sizes(sources.sys / "devices/system/cpu");
  machine.processors = sources.processors ? *sources.processors : static_cast<int>(probe::allowed_processors().size());
}

void take_system(Machine& machine, const MachineSources& sources) {
  utsname names{};
  const bool known = uname(&names) == 0;
  machine.architecture = sources.architecture ? *sources.architecture : core::printable(known ? names.machine : "");
  machine.kernel = sources.kernel_release ? *sources.kernel_release : core::printable(known ? names.release : "");
  const GroupLimits limits = group_limits(sources.sys / "fs/cgroup", text_of(sources.proc / "self/cgroup"));
  machine.cpu_quota = limits.cpu_quota;
  machine.memory_bytes = total_memory(text_of(sources.proc / "meminfo"));
  // A limit above what there is limits nothing.
  if (limits.memory_bytes && (machine.memory_bytes == 0 || *limits.memory_bytes < machine.memory_bytes)) {
    machine.memory_limit_bytes = limits.memory_bytes;
  }
  machine.distribution = pretty_name(text_of(sources.etc / "os-release"));
#ifdef __GLIBC__
  machine.glibc = gnu_get_libc_version();
#endif
  if (sources.glibc) machine.glibc = *sources.glibc;
}

}  // namespace

Machine capture_machine(core::Notes& notes, const MachineSources& sources) {
  Machine machine;
  take_processor(machine, sources);
  take_system(machine, sources);
  std::optional<CudaDriver> driver;
  machine.virtual_packages = detect_virtual_packages(notes, sources, driver);
  // Overrides may have made it needless to ask; what the driver is they do not change.
  if (!driver) driver = ask_cuda_driver(sources.cuda_library, sources.nvml_library, sources.driver_milliseconds);
  take_nvidia(machine, notes, sources, *driver);
  machine.environment = environment_of(sources);
  return machine;
}

}  // namespace envlock::snapshot
