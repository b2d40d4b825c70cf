#include "tag_platforms.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace envlock::pypi {
namespace {

using Pair = std::pair<int, int>;

/// What a wheel calls the machine of "linux-64"; others go by one name in both.
std::string linux_machine(std::string_view subdir) {
  const std::string_view machine = subdir.substr(std::string_view("linux-").size());
  if (machine == "64") return "x86_64";
  if (machine == "32") return "i686";
  return std::string(machine);
}

std::string with_version(std::string_view begin, Pair version, std::string_view machine) {
  return std::string(begin) + '_' + std::to_string(version.first) + '_' + std::to_string(version.second) + '_' +
         std::string(machine);
}

/// PEP 600, with the names of before: those of PEP 513, 571 and 599.
void add_manylinux(std::vector<std::string>& tags, Pair glibc, const std::string& machine) {
  static constexpr std::array<std::pair<Pair, std::string_view>, 3> kLegacy{
      {{{2, 17}, "manylinux2014"}, {{2, 12}, "manylinux2010"}, {{2, 5}, "manylinux1"}}};
  const int oldest = machine == "x86_64" || machine == "i686" ? 5 : 17;
  for (int minor = glibc.first == 2 ? glibc.second : -1; minor >= oldest; --minor) {
    tags.push_back(with_version("manylinux", {2, minor}, machine));
    for (const auto& [version, name] : kLegacy) {
      if (version.second == minor) tags.push_back(std::string(name) + '_' + machine);
    }
  }
}

void add_linux(std::vector<std::string>& tags, const TagPlatform& platform) {
  const std::string machine = linux_machine(platform.subdir);
  tags.push_back("linux_" + machine);
  if (const auto glibc = parse_number_pair(platform.glibc_version)) add_manylinux(tags, *glibc, machine);
  if (const auto musl = parse_number_pair(platform.musl_version)) {
    for (int minor = musl->second; minor >= 0; --minor) {
      tags.push_back(with_version("musllinux", {musl->first, minor}, machine));
    }
  }
}

/// The formats that hold code for `machine`, from when macOS 10.4 had them.
void add_macos_formats(std::vector<std::string>& tags, Pair version, const std::string& machine) {
  static constexpr std::array<std::string_view, 5> kOfIntel{"intel", "fat64", "fat3", "universal2", "universal"};
  if (machine != "x86_64") {
    tags.push_back(with_version("macosx", version, machine));
    tags.push_back(with_version("macosx", version, "universal2"));
    return;
  }
  if (version < Pair{10, 4}) return;
  tags.push_back(with_version("macosx", version, machine));
  for (const std::string_view format : kOfIntel) tags.push_back(with_version("macosx", version, format));
}

void add_macos(std::vector<std::string>& tags, const TagPlatform& platform) {
  const std::string machine = platform.subdir == "osx-64" ? "x86_64" : platform.subdir.substr(4);
  const auto version = parse_number_pair(platform.osx_version);
  if (!version) return;
  if (version->first == 10) {
    for (int minor = version->second; minor >= 0; --minor) add_macos_formats(tags, {10, minor}, machine);
    return;
  }
  for (int major = version->first; major > 10; --major) add_macos_formats(tags, {major, 0}, machine);
  if (version->first < 10) return;
  // What was built for an older system runs on, but no code for arm64 is older than macOS 11, unless beside Intel's.
  for (int minor = 16; minor >= 4; --minor) {
    if (machine == "x86_64") {
      add_macos_formats(tags, {10, minor}, machine);
    } else {
      tags.push_back(with_version("macosx", {10, minor}, "universal2"));
    }
  }
}

}  // namespace

std::optional<Pair> parse_number_pair(std::string_view text) {
  // Three digits: no system counts further, and the tags of all older versions are listed.
  const auto number = [&](int& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const std::size_t length = static_cast<std::size_t>(end - text.data());
    if (error != std::errc() || value < 0 || length > 3) return false;
    text.remove_prefix(length);
    return true;
  };
  Pair pair;
  if (!number(pair.first) || !text.starts_with('.')) return std::nullopt;
  text.remove_prefix(1);
  if (!number(pair.second)) return std::nullopt;
  return pair;
}

std::vector<std::string> platform_tags(const TagPlatform& platform) {
  std::vector<std::string> tags;
  const std::string_view subdir = platform.subdir;
  if (subdir.starts_with("linux-")) add_linux(tags, platform);
  if (subdir.starts_with("osx-")) add_macos(tags, platform);
  if (subdir == "win-64") tags = {"win_amd64"};
  if (subdir == "win-32") tags = {"win32"};
  if (subdir == "win-arm64") tags = {"win_arm64"};
  return tags;
}

}  // namespace envlock::pypi
