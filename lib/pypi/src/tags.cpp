#include "envlock/pypi/tags.h"

#include <algorithm>
#include <array>

#include "tag_platforms.h"

namespace envlock::pypi {
namespace {

/// "cp312", "py38".
std::string tag_of(std::string_view begin, int major, int minor) {
  return std::string(begin) + std::to_string(major) + std::to_string(minor);
}

/// Until 3.7 an interpreter with the usual memory allocator says so.
std::string own_abi(const std::string& python, int major, int minor, bool free_threaded) {
  if (free_threaded) return python + 't';
  return major == 3 && minor < 8 ? python + 'm' : python;
}

}  // namespace

void Tags::add(std::string_view python, std::string_view abi, std::span<const std::string> platforms) {
  for (const std::string& platform : platforms) {
    std::string tag(python);
    tag.append(1, '-').append(abi).append(1, '-').append(platform);
    ranks_.emplace(tag, static_cast<std::uint32_t>(all_.size()));
    all_.push_back(std::move(tag));
  }
}

Tags::Tags(std::string_view python_version, const TagPlatform& platform) {
  const bool free_threaded = python_version.ends_with('t');
  const auto version = parse_number_pair(python_version);
  // A python of more would list tags without end.
  constexpr int kMostMinor = 99;
  if (!version || version->second > kMostMinor) return;
  const auto [major, minor] = *version;
  const std::vector<std::string> platforms = platform_tags(platform);
  static const std::array<std::string, 1> kAny{"any"};

  const std::string python = tag_of("cp", major, minor);
  const std::string stable_abi = free_threaded ? "abi3t" : "abi3";
  const bool has_stable_abi = std::pair(major, minor) >= std::pair(3, 2);
  add(python, own_abi(python, major, minor, free_threaded), platforms);
  if (has_stable_abi) add(python, stable_abi, platforms);
  add(python, "none", platforms);
  // What was built for the stable ABI of an older one.
  for (int older = minor - 1; has_stable_abi && older >= 2; --older)
    add(tag_of("cp", major, older), stable_abi, platforms);

  std::vector<std::string> pure{tag_of("py", major, minor), "py" + std::to_string(major)};
  for (int older = minor - 1; older >= 0; --older) pure.push_back(tag_of("py", major, older));
  for (const std::string& tag : pure) add(tag, "none", platforms);
  add(python, "none", kAny);
  for (const std::string& tag : pure) add(tag, "none", kAny);
}

std::optional<std::uint32_t> Tags::rank(const WheelName& wheel) const {
  std::optional<std::uint32_t> best;
  std::string tag;
  for (const std::string& python : wheel.pythons) {
    for (const std::string& abi : wheel.abis) {
      for (const std::string& platform : wheel.platforms) {
        tag.assign(python).append(1, '-').append(abi).append(1, '-').append(platform);
        const auto known = ranks_.find(tag);
        if (known != ranks_.end() && (!best || known->second < *best)) best = known->second;
      }
    }
  }
  return best;
}

const std::vector<std::string>& Tags::all() const {
  return all_;
}

}  // namespace envlock::pypi
