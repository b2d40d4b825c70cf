#include "installed_wheels.h"

#include <algorithm>
#include <set>

#include "envlock/core/file.h"
#include "envlock/prefix/package_root.h"
#include "wanted_files.h"

namespace envlock::prefix {
namespace {

constexpr std::uint64_t kMaxListBytes = std::uint64_t{64} << 20;

/// One line for a wheel: all that decides what is installed of it.
std::string line_of(const WantedWheel& wheel) {
  std::string line = wheel.name + " " + wheel.version + " " + core::format(wheel.sha256);
  const DirectUrl& direct = wheel.direct;
  if (direct.kind != DirectUrl::Kind::none) line += " " + wheel.url;
  if (direct.kind == DirectUrl::Kind::archive && direct.sha256 != wheel.sha256) {
    line += " " + core::format(direct.sha256);
  }
  if (!direct.commit.empty()) line += " @" + direct.commit;
  if (!direct.subdirectory.empty()) line += " #" + direct.subdirectory;
  return line + "\n";
}

std::set<std::string> read_wheel_list(const std::filesystem::path& prefix) {
  std::set<std::string> lines;
  std::string text;
  try {
    text = core::read_file(prefix / kWheelList, kMaxListBytes);
  } catch (const core::Error&) {
    return lines;  // none: then every wheel is installed anew
  }
  for (std::size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    lines.insert(text.substr(begin, end + 1 - begin));
  }
  return lines;
}

}  // namespace

std::string format_wheel_list(const std::vector<WantedWheel>& wheels) {
  std::vector<std::string> lines;
  for (const WantedWheel& wheel : wheels) lines.push_back(line_of(wheel));
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

WheelDifference compare_wheels(const std::filesystem::path& prefix, const InstalledPackages& installed,
                               const Target& target) {
  WheelDifference difference;
  const std::optional<Python> before = python_of(installed.packages), after = python_of(target);
  const std::set<std::string> listed = read_wheel_list(prefix);
  const std::set<std::string> renewed(target.renewed_wheels.begin(), target.renewed_wheels.end());
  std::set<std::string> unchanged;
  std::vector<Distribution> there;
  if (before) there = read_distributions(prefix, before->site_packages);
  for (Distribution& distribution : there) {
    if (distribution.installer != "envlock") continue;
    const auto wanted = std::find_if(target.wheels.begin(), target.wheels.end(), [&](const WantedWheel& wheel) {
      return wheel.name == distribution.name && wheel.version == distribution.version &&
             !renewed.contains(wheel.name) && listed.contains(line_of(wheel));
    });
    if (before == after && wanted != target.wheels.end() && unchanged.insert(distribution.name).second) {
      difference.unchanged.push_back(std::move(distribution));
    } else {
      difference.to_remove.push_back(std::move(distribution));
    }
  }
  for (const WantedWheel& wheel : target.wheels) {
    if (!unchanged.contains(wheel.name)) difference.to_install.push_back(wheel);
  }
  std::sort(difference.to_install.begin(), difference.to_install.end(),
            [](const WantedWheel& left, const WantedWheel& right) { return left.name < right.name; });
  return difference;
}

}  // namespace envlock::prefix
