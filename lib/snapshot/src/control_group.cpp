#include "control_group.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

#include "envlock/core/text.h"

namespace envlock::snapshot {
namespace {

template <typename Number>
void take_least(std::optional<Number>& least, Number value) {
  if (!least || value < *least) least = value;
}

void take_cpu_quota(const std::string& folder, GroupLimits& limits) {
  double quota = 0;
  double period = 0;
  std::ifstream unified(folder + "/cpu.max");
  if (!(unified >> quota >> period)) {  // "max 100000" where there is no limit
    std::ifstream quota_file(folder + "/cpu.cfs_quota_us");
    std::ifstream period_file(folder + "/cpu.cfs_period_us");
    if (!(quota_file >> quota) || !(period_file >> period)) return;
  }
  if (quota <= 0 || period <= 0 || quota / period > 1e6) return;
  take_least(limits.cpu_quota, std::round(quota / period * 1000) / 1000);
}

void take_memory(const std::string& folder, GroupLimits& limits) {
  constexpr std::uint64_t kNone = std::uint64_t{1} << 60;  // version 1 writes a number near 2^63 for "no limit"
  for (const char* name : {"/memory.max", "/memory.limit_in_bytes"}) {
    std::uint64_t bytes = 0;
    std::ifstream file(folder + name);
    if (file >> bytes && bytes < kNone) take_least(limits.memory_bytes, bytes);
  }
}

/// Of a group and of all above it.
void take_limits(const std::string& mount, std::string group, GroupLimits& limits,
                 void (*take)(const std::string&, GroupLimits&)) {
  while (true) {
    take(mount + group, limits);
    if (group.empty()) return;
    group.resize(std::min(group.rfind('/'), group.size() - 1));
  }
}

}  // namespace

GroupLimits group_limits(const std::filesystem::path& mount, std::string_view groups) {
  GroupLimits limits;
  const std::string root = mount.string();
  for (const char* folder : {"", "/cpu"}) take_limits(root + folder, "", limits, take_cpu_quota);
  for (const char* folder : {"", "/memory"}) take_limits(root + folder, "", limits, take_memory);
  for (const std::string_view line : core::split(groups, '\n')) {  // "0::/user.slice" or "4:cpu,cpuacct:/job"
    const std::vector<std::string_view> words = core::split(line, ':');
    if (words.size() != 3) continue;
    const std::string group(words[2]);
    const std::vector<std::string_view> controllers = core::split(words[1], ',');
    const auto has = [&](std::string_view name) {
      return std::find(controllers.begin(), controllers.end(), name) != controllers.end();
    };
    if (words[1].empty() || has("cpu")) take_limits(root + (has("cpu") ? "/cpu" : ""), group, limits, take_cpu_quota);
    if (words[1].empty() || has("memory")) {
      take_limits(root + (has("memory") ? "/memory" : ""), group, limits, take_memory);
    }
  }
  return limits;
}

}  // namespace envlock::snapshot
