#include "envlock/conda/platform.h"

#include <algorithm>

#include "envlock/conda/package_record.h"
#include "envlock/conda/version.h"
#include "envlock/core/text.h"

namespace envlock::conda {
namespace {

[[noreturn]] void fail(std::string_view text, std::string why) {
  core::Diagnostic diagnostic;
  diagnostic.code = "invalid-virtual-package";
  diagnostic.what = "`" + core::printable(text, 80) + "` is not a virtual package";
  diagnostic.why = {std::move(why)};
  diagnostic.hints = {"write `__glibc=2.36` or `__archspec=1=x86_64_v3`"};
  throw core::Error(std::move(diagnostic));
}

bool is_build_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '+';
}

std::string_view part_before_dash(std::string_view subdir) {
  return subdir.substr(0, subdir.find('-'));
}

/// The second word of a subdir as archspec names it: what `__archspec` says when nothing more is known.
std::string microarchitecture(std::string_view subdir) {
  const std::size_t dash = subdir.find('-');
  const std::string_view machine = dash == std::string_view::npos ? subdir : subdir.substr(dash + 1);
  if (machine == "64") return "x86_64";
  if (machine == "32") return "x86";
  // archspec calls 64-bit Arm aarch64 on Linux; on Apple's machines every chip is an m1 or better.
  if (machine == "arm64") return part_before_dash(subdir) == "osx" ? "m1" : "aarch64";
  return std::string(machine);
}

}  // namespace

VirtualPackage parse_virtual_package(std::string_view text) {
  const std::string_view trimmed = core::trim(text);
  const std::vector<std::string_view> parts = core::split(trimmed, '=');
  // `__glibc==2.36` is what a person may write who thinks of specs.
  std::vector<std::string_view> words;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i == 1 && parts[i].empty() && parts.size() > 2) continue;
    words.push_back(core::trim(parts[i]));
  }
  if (words.size() > 3) fail(text, "it has more than a name, a version and a build string");
  VirtualPackage package;
  package.name = core::to_lower(words[0]);
  if (!package.name.starts_with("__")) fail(text, "the name of a virtual package begins with `__`");
  if (!is_valid_name(package.name)) fail(text, "the name holds a character that no package name has");
  package.version = words.size() > 1 ? std::string(words[1]) : "0";
  if (words.size() > 1 && words[1].empty() && parts.size() > 2) fail(text, "the version is missing");
  if (!package.version.empty() && !Version::try_parse(package.version)) fail(text, "the version is not one");
  if (words.size() > 2) {
    package.build = words[2];
    if (package.build.empty() || !std::all_of(package.build.begin(), package.build.end(), is_build_character)) {
      fail(text, "the build string is empty or holds a character that none has");
    }
  }
  return package;
}

std::string format(const VirtualPackage& package) {
  return package.name + "=" + package.version + "=" + package.build;
}

const std::vector<std::string>& known_subdirs() {
  static const std::vector<std::string> subdirs = {"emscripten-wasm32",
                                                   "freebsd-64",
                                                   "linux-32",
                                                   "linux-64",
                                                   "linux-aarch64",
                                                   "linux-armv6l",
                                                   "linux-armv7l",
                                                   "linux-ppc64",
                                                   "linux-ppc64le",
                                                   "linux-riscv32",
                                                   "linux-riscv64",
                                                   "linux-s390x",
                                                   "osx-64",
                                                   "osx-arm64",
                                                   "wasi-wasm32",
                                                   "win-32",
                                                   "win-64",
                                                   "win-arm64",
                                                   "zos-z"};
  return subdirs;
}

bool is_known_subdir(std::string_view subdir) {
  const std::vector<std::string>& subdirs = known_subdirs();
  return std::binary_search(subdirs.begin(), subdirs.end(), subdir, std::less<>());
}

std::string_view native_subdir() {
#if defined(__linux__) && defined(__x86_64__)
  return "linux-64";
#elif defined(__linux__) && defined(__aarch64__)
  return "linux-aarch64";
#elif defined(__APPLE__) && defined(__aarch64__)
  return "osx-arm64";
#elif defined(__APPLE__)
  return "osx-64";
#else
  return "linux-64";
#endif
}

std::vector<VirtualPackage> default_virtual_packages(std::string_view subdir) {
  const std::string_view system = part_before_dash(subdir);
  std::vector<VirtualPackage> packages;
  const auto add = [&](std::string name, std::string version, std::string build = "0") {
    packages.push_back({std::move(name), std::move(version), std::move(build)});
  };
  if (subdir.find('-') == std::string_view::npos) return packages;
  add("__archspec", "1", microarchitecture(subdir));
  if (system == "linux") {
    add("__glibc", "2.28");
    add("__linux", "4.18");
  }
  if (system == "osx") add("__osx", "13.0");
  if (system == "linux" || system == "osx" || system == "freebsd" || system == "emscripten") add("__unix", "0");
  if (system == "win") add("__win", "10.0");
  std::sort(packages.begin(), packages.end());
  return packages;
}

Platform make_platform(std::string name, std::string subdir, const std::vector<VirtualPackage>& overrides) {
  Platform platform;
  platform.name = std::move(name);
  platform.virtual_packages = default_virtual_packages(subdir);
  platform.subdir = std::move(subdir);
  auto& packages = platform.virtual_packages;
  for (const VirtualPackage& change : overrides) {
    std::erase_if(packages, [&](const VirtualPackage& package) { return package.name == change.name; });
    if (!change.version.empty()) packages.push_back(change);
  }
  std::sort(packages.begin(), packages.end());
  return platform;
}

}  // namespace envlock::conda
