#include <algorithm>
#include <charconv>
#include <vector>

#include "envlock/core/text.h"
#include "envlock/prefix/wheel.h"
#include "wheel_file_name.h"

namespace envlock::prefix {
namespace {

/// "3.12", "3.13t", "2.36" as numbers. Absent: no such text.
struct Pair {
  int major = 0;
  int minor = 0;
  auto operator<=>(const Pair&) const = default;
};

std::optional<int> number_of(std::string_view text) {
  int number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || text.front() == '-' || error != std::errc() || stop != end) return std::nullopt;
  return number;
}

std::optional<Pair> pair_of(std::string_view text, char separator) {
  const std::vector<std::string_view> parts = core::split(text, separator);
  if (parts.size() < 2) return std::nullopt;
  const std::optional<int> major = number_of(parts[0]);
  const std::optional<int> minor = number_of(parts[1]);
  if (!major || !minor) return std::nullopt;
  return Pair{*major, *minor};
}

struct Interpreter {
  Pair version;
  bool free_threaded = false;
};

/// "312" or "3" behind "cp" or "py".
std::optional<Pair> tag_version(std::string_view digits) {
  if (digits.empty()) return std::nullopt;
  const std::optional<int> major = number_of(digits.substr(0, 1));
  if (!major) return std::nullopt;
  if (digits.size() == 1) return Pair{*major, -1};
  const std::optional<int> minor = number_of(digits.substr(1));
  if (!minor) return std::nullopt;
  return Pair{*major, *minor};
}

/// The abi that this interpreter has: "cp312", "cp313t", "cp37m".
std::string own_abi(const Interpreter& python) {
  std::string abi = "cp" + std::to_string(python.version.major) + std::to_string(python.version.minor);
  if (python.free_threaded) abi += 't';
  if (python.version.major == 3 && python.version.minor < 8) abi += 'm';
  return abi;
}

bool python_and_abi_fit(std::string_view tag, std::string_view abi, const Interpreter& python) {
  const std::optional<Pair> version = tag.size() > 2 ? tag_version(tag.substr(2)) : std::nullopt;
  if (!version || version->major != python.version.major || version->minor > python.version.minor) return false;
  const bool exact = version->minor == python.version.minor;
  if (tag.starts_with("py")) return abi == "none";
  if (!tag.starts_with("cp")) return false;
  if (abi == "none") return exact || version->minor == -1;
  if (abi == "abi3") return !python.free_threaded && version->minor >= 2;
  return exact && abi == own_abi(python);
}

/// "manylinux_2_28_x86_64" and its old names.
bool manylinux_fits(std::string_view platform, std::string_view glibc_version, std::string_view machine) {
  std::string_view rest = platform;
  Pair needed;
  if (rest.starts_with("manylinux1_")) {
    needed = {2, 5};
    rest.remove_prefix(11);
  } else if (rest.starts_with("manylinux2010_")) {
    needed = {2, 12};
    rest.remove_prefix(14);
  } else if (rest.starts_with("manylinux2014_")) {
    needed = {2, 17};
    rest.remove_prefix(14);
  } else if (rest.starts_with("manylinux_")) {
    rest.remove_prefix(10);
    const std::optional<Pair> version = pair_of(rest, '_');
    if (!version) return false;
    needed = *version;
    rest.remove_prefix(rest.find('_', rest.find('_') + 1) == std::string_view::npos
                           ? rest.size()
                           : rest.find('_', rest.find('_') + 1) + 1);
  } else {
    return false;
  }
  const std::optional<Pair> have = pair_of(glibc_version, '.');
  return have && have->major == needed.major && have->minor >= needed.minor && rest == machine;
}

bool platform_fits(std::string_view platform, std::string_view glibc_version, std::string_view machine) {
  return platform == "any" || platform == "linux_" + std::string(machine) ||
         manylinux_fits(platform, glibc_version, machine);
}

}  // namespace

bool wheel_fits(std::string_view file_name, std::string_view python_version, std::string_view glibc_version,
                std::string_view machine) {
  const std::optional<WheelFileName> name = split_wheel_name(file_name);
  Interpreter python;
  if (python_version.ends_with('t')) {
    python.free_threaded = true;
    python_version.remove_suffix(1);
  }
  const std::optional<Pair> version = pair_of(python_version, '.');
  if (!name || !version) return false;
  python.version = *version;
  for (const std::string_view platform : core::split(name->platform_tags, '.')) {
    if (!platform_fits(platform, glibc_version, machine)) continue;
    for (const std::string_view tag : core::split(name->python_tags, '.')) {
      for (const std::string_view abi : core::split(name->abi_tags, '.')) {
        if (python_and_abi_fit(tag, abi, python)) return true;
      }
    }
  }
  return false;
}

}  // namespace envlock::prefix
