#include "envlock/snapshot/machine.h"

#include "detection.h"
#include "envlock/core/file.h"

#include <sys/utsname.h>

#include <algorithm>

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

namespace envlock::snapshot {
namespace {

// The leading "1.2.3" of a text, of at most so many numbers: "6.1.0-18-amd64" gives "6.1.0".
std::string leading_version(std::string_view text, int most_numbers) {
  std::size_t end = 0;
  for (int numbers = 0; numbers < most_numbers; ++numbers) {
    const std::size_t start = numbers == 0 ? 0 : end + 1;
    if (numbers > 0 && (end >= text.size() || text[end] != '.')) break;
    std::size_t at = start;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    if (at == start) break;
    end = at;
  }
  return std::string(text.substr(0, end));
}

bool is_version(std::string_view text) {
  return !text.empty() && text.size() <= 60 && leading_version(text, 8) == text;
}

bool is_microarchitecture(std::string_view text) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-";
  return !text.empty() && text.size() <= 64 && text.find_first_not_of(allowed) == std::string_view::npos;
}

class Detection {
 public:
  Detection(core::Notes& notes, const MachineSources& sources, std::optional<CudaDriver>* told)
      : notes_(notes), sources_(sources), told_(told) {}

  std::vector<conda::VirtualPackage> run() {
    find_archspec();
    find_cuda();
    const std::string_view subdir = conda::native_subdir();
    if (subdir.substr(0, 6) == "linux-") {
      find_glibc();
      find_linux();
    }
    if (subdir.substr(0, 4) != "win-") found_.push_back({"__unix", "0", "0"});
    std::sort(found_.begin(), found_.end());
    return std::move(found_);
  }

 private:
  /// An override's value: absent when the variable is not set, "" when it takes the package away.
  std::optional<std::string> override_of(const char* variable, bool (*is_valid)(std::string_view)) {
    const auto value = sources_.environment(variable);
    if (!value) return std::nullopt;
    const std::string trimmed(core::trim(*value));
    if (!trimmed.empty() && !is_valid(trimmed)) {
      throw core::Error(
          {.code = "invalid-override",
           .what = "the environment variable `" + std::string(variable) + "` is `" + core::printable(trimmed, 60) +
                   "`, which is not what it can be",
           .where = {},
           .why = {},
           .hints = {"set it to a version such as 12.9, to nothing (the package is absent), or unset it"}});
    }
    notes_.note({.code = "override-used",
                 .what = trimmed.empty() ? "`" + std::string(variable) + "` takes its virtual package away"
                                         : "`" + std::string(variable) + "` says " + trimmed,
                 .where = {},
                 .why = {"it counts instead of what this machine has"},
                 .hints = {}});
    return trimmed;
  }

  void find_archspec() {
    if (const auto value = override_of("CONDA_OVERRIDE_ARCHSPEC", is_microarchitecture)) {
      if (!value->empty()) found_.push_back({"__archspec", "1", *value});
      return;
    }
    std::optional<std::string> name;
    try {
      name = microarchitecture(core::read_file(sources_.cpu_info, std::uint64_t{16} << 20));
    } catch (const core::Error&) {
      // Without /proc the processor is unknown, for which CEP 30 has an answer.
    }
    const std::string_view subdir = conda::native_subdir();
    const std::size_t dash = subdir.find('-');
    const std::string machine(dash == std::string_view::npos ? subdir : subdir.substr(dash + 1));
    // What everything of a subdir can do is known without looking.
    if (!name && (machine == "64" || machine == "aarch64")) name = machine == "64" ? "x86_64" : machine;
    found_.push_back({"__archspec", name ? "1" : "0", name ? *name : machine});
  }

  void find_cuda() {
    const auto version_override = override_of("CONDA_OVERRIDE_CUDA", is_version);
    const auto capability_override = override_of("CONDA_OVERRIDE_CUDA_ARCH", is_version);
    if (version_override && version_override->empty()) return;
    CudaDriver driver;
    if (!version_override || !capability_override) {
      driver = ask_cuda_driver(sources_.cuda_library, sources_.nvml_library, sources_.driver_milliseconds);
      if (told_ != nullptr) *told_ = driver;
      if (driver.failure) tell_driver_failure(driver, version_override.has_value());
    }
    if (version_override) {
      found_.push_back({"__cuda", *version_override, "0"});
    } else if (driver.version) {
      found_.push_back({"__cuda", format_cuda_version(*driver.version), "0"});
    } else {
      return;  // CEP 46: no __cuda_arch without __cuda, an override included
    }
    if (capability_override) {
      if (!capability_override->empty()) found_.push_back({"__cuda_arch", *capability_override, "0"});
    } else if (driver.lowest_capability) {
      const int capability = *driver.lowest_capability;
      found_.push_back({"__cuda_arch", std::to_string(capability / 10) + "." + std::to_string(capability % 10), "0"});
    }
  }

  void tell_driver_failure(const CudaDriver& driver, bool version_is_given) {
    const bool has_version = driver.version || version_is_given;
    notes_.warning({.code = "cuda-driver-failed",
                    .what = has_version ? "the NVIDIA driver did not tell its devices, so `__cuda_arch` may be missing"
                                        : "the NVIDIA driver did not tell its version, so `__cuda` is missing",
                    .where = {},
                    .why = {*driver.failure},
                    .hints = {"see what `nvidia-smi` says, or set CONDA_OVERRIDE_CUDA"}});
  }

  void find_glibc() {
    if (const auto value = override_of("CONDA_OVERRIDE_GLIBC", is_version)) {
      if (!value->empty()) found_.push_back({"__glibc", *value, "0"});
      return;
    }
#ifdef __GLIBC__
    if (const std::string version = leading_version(gnu_get_libc_version(), 2); !version.empty()) {
      found_.push_back({"__glibc", version, "0"});
    }
#else
    notes_.warning({.code = "glibc-unknown",
                    .what = "this program was not built for glibc and cannot tell the machine's",
                    .where = {},
                    .why = {},
                    .hints = {"set CONDA_OVERRIDE_GLIBC"}});
#endif
  }

  void find_linux() {
    if (const auto value = override_of("CONDA_OVERRIDE_LINUX", is_version)) {
      if (!value->empty()) found_.push_back({"__linux", *value, "0"});
      return;
    }
    std::string release = sources_.kernel_release.value_or("");
    utsname names{};
    if (!sources_.kernel_release && uname(&names) == 0) release = static_cast<const char*>(names.release);
    const std::string version = leading_version(release, 4);
    // CEP 30: 0 where the kernel's version cannot be read.
    found_.push_back({"__linux", version.find('.') == std::string::npos ? "0" : version, "0"});
  }

  core::Notes& notes_;
  const MachineSources& sources_;
  std::optional<CudaDriver>* told_;
  std::vector<conda::VirtualPackage> found_;
};

}  // namespace

std::vector<conda::VirtualPackage> detect_virtual_packages(core::Notes& notes, const MachineSources& sources) {
  return Detection(notes, sources, nullptr).run();
}

std::vector<conda::VirtualPackage> detect_virtual_packages(core::Notes& notes, const MachineSources& sources,
                                                           std::optional<CudaDriver>& driver) {
  return Detection(notes, sources, &driver).run();
}

std::string format_cuda_version(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

}  // namespace envlock::snapshot
