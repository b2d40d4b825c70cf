#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/diagnostic.h"

namespace envlock::conda {

/// A package that stands for a fact of the machine: "__glibc=2.36=0".
/// Source: CEP 30, CEP 46.
struct VirtualPackage {
  std::string name;     ///< "__cuda"
  std::string version;  ///< "12.9"
  std::string build = "0";

  auto operator<=>(const VirtualPackage&) const = default;
};

/// "__glibc=2.36=0" or "__glibc=2.36" or "__unix". Throws: core::Error "invalid-virtual-package".
VirtualPackage parse_virtual_package(std::string_view text);
std::string format(const VirtualPackage& package);

/// A named platform profile: what is assumed of the machines that install the lock.
struct Platform {
  std::string name;    ///< "linux-64-cuda12"; equal to subdir unless several profiles share one
  std::string subdir;  ///< "linux-64"
  std::vector<VirtualPackage> virtual_packages;  ///< sorted by name, one each

  bool operator==(const Platform&) const = default;
};

/// The subdirs CEP 26 knows, sorted; without "noarch".
const std::vector<std::string>& known_subdirs();
bool is_known_subdir(std::string_view subdir);
/// The subdir this program was built for.
std::string_view native_subdir();

/// The version of the table of defaults that default_virtual_packages uses; stands in docs/formats.
inline constexpr int kVirtualPackageDefaultsVersion = 1;
/// What is assumed of a subdir when nothing is said. CUDA never is. Sorted by name.
std::vector<VirtualPackage> default_virtual_packages(std::string_view subdir);

/// Defaults with `overrides` put over them by name; an override with an empty version removes.
Platform make_platform(std::string name, std::string subdir, const std::vector<VirtualPackage>& overrides);

}  // namespace envlock::conda
