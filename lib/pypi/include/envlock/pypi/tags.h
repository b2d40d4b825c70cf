#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace envlock::pypi {

/// A wheel's file name, taken apart. Source: PEP 427, binary distribution format.
struct WheelName {
  std::string name;     ///< normalized
  std::string version;  ///< as written, but for "_" of old builders, which is "-" again; often, not always of PEP 440
  std::optional<std::pair<std::uint64_t, std::string>> build;  ///< "1local" is {1, "local"}
  std::vector<std::string> pythons;                            ///< "py2", "py3"
  std::vector<std::string> abis;
  std::vector<std::string> platforms;

  bool operator==(const WheelName&) const = default;
};
/// Absent for a text that is no wheel's file name.
std::optional<WheelName> parse_wheel_name(std::string_view file_name);

/// "name-1.0.tar.gz" (PEP 625, and older spellings): the version of a source distribution of the project `name`
/// (normalized). Absent when the file is none of it.
std::optional<std::string> parse_sdist_version(std::string_view file_name, std::string_view name);

/// What a machine promises to wheels.
struct TagPlatform {
  std::string subdir;         ///< "linux-64", "osx-arm64", "win-64", ...
  std::string glibc_version;  ///< "2.28"; "" none
  std::string musl_version;   ///< "1.2"; "" none
  std::string osx_version;    ///< "11.0"; "" none
};

/// The tags that CPython on a platform takes, best first, as `packaging.tags.sys_tags` (26.4) gives them there:
/// linux_MACHINE, manylinux by glibc (PEP 600 and its legacy aliases), musllinux (PEP 656), macOS with universal2,
/// Windows; free-threaded builds "3.13t" (PEP 703, PEP 803).
class Tags {
 public:
  /// `python_version`: "3.12", "3.12.7", "3.13t", "3.13.1t". None fits where it is no such text.
  Tags(std::string_view python_version, const TagPlatform& platform);
  /// The rank of the wheel's best tag, 0 best; absent: it does not fit.
  std::optional<std::uint32_t> rank(const WheelName& wheel) const;
  /// All, best first: "cp312-cp312-manylinux_2_28_x86_64".
  const std::vector<std::string>& all() const;

 private:
  void add(std::string_view python, std::string_view abi, std::span<const std::string> platforms);

  std::vector<std::string> all_;
  std::unordered_map<std::string, std::uint32_t> ranks_;
};

}  // namespace envlock::pypi
