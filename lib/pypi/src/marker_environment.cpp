#include <algorithm>
#include <array>
#include <utility>

#include "envlock/pypi/marker.h"

namespace envlock::pypi {
namespace {

/// What `platform.machine()` says there, beside what a subdir calls the machine.
struct Machine {
  std::string_view subdir;
  std::string_view machine;
};
constexpr std::array<Machine, 7> kMachines{{{"linux-64", "x86_64"},
                                            {"linux-32", "i686"},
                                            {"osx-64", "x86_64"},
                                            {"win-64", "AMD64"},
                                            {"win-32", "x86"},
                                            {"win-arm64", "ARM64"},
                                            {"emscripten-wasm32", "wasm32"}}};

struct System {
  std::string_view subdir_begin;
  std::string_view os_name;
  std::string_view sys_platform;
  std::string_view platform_system;
};
constexpr std::array<System, 5> kSystems{{{"linux-", "posix", "linux", "Linux"},
                                          {"osx-", "posix", "darwin", "Darwin"},
                                          {"win-", "nt", "win32", "Windows"},
                                          {"emscripten-", "posix", "emscripten", "Emscripten"},
                                          {"freebsd-", "posix", "freebsd", "FreeBSD"}}};

/// "3.12" of "3.12.7".
std::string_view first_two_numbers(std::string_view version) {
  const std::size_t first = version.find('.');
  if (first == std::string_view::npos) return version;
  const std::size_t end = version.find_first_not_of("0123456789", first + 1);
  return version.substr(0, end);
}

}  // namespace

MarkerEnvironment make_marker_environment(std::string_view subdir, std::string_view python_full_version) {
  MarkerEnvironment environment;
  const auto* system = std::find_if(kSystems.begin(), kSystems.end(),
                                    [&](const System& each) { return subdir.starts_with(each.subdir_begin); });
  if (system != kSystems.end()) {
    environment.os_name = system->os_name;
    environment.sys_platform = system->sys_platform;
    environment.platform_system = system->platform_system;
  }
  const auto* machine =
      std::find_if(kMachines.begin(), kMachines.end(), [&](const Machine& each) { return each.subdir == subdir; });
  // Others go by one name in both: "linux-aarch64", "osx-arm64".
  environment.platform_machine = machine != kMachines.end() ? machine->machine : subdir.substr(subdir.find('-') + 1);
  environment.platform_python_implementation = "CPython";
  environment.implementation_name = "cpython";
  environment.implementation_version = python_full_version;
  environment.python_full_version = python_full_version;
  environment.python_version = first_two_numbers(python_full_version);
  return environment;
}

}  // namespace envlock::pypi
