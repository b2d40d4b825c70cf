#include "cpu_quota.h"

#include <algorithm>
#include <fstream>

#include "envlock/core/text.h"

namespace envlock::probe {
namespace {

/// Of one group, in version 2's file or in version 1's.
int quota_of(const std::string& folder) {
  double quota = 0;
  double period = 0;
  std::ifstream unified(folder + "/cpu.max");
  if (!(unified >> quota >> period)) {  // "max 100000" where there is no limit
    std::ifstream quota_file(folder + "/cpu.cfs_quota_us");
    std::ifstream period_file(folder + "/cpu.cfs_period_us");
    if (!(quota_file >> quota) || !(period_file >> period)) return 0;
  }
  if (quota <= 0 || period <= 0) return 0;
  return static_cast<int>(std::clamp((quota + period - 1) / period, 1.0, 1e6));
}

/// Lowers `least` to the quotas of a group and of all above it; 0 is no quota.
void take_quotas(const std::string& mount, std::string group, int& least) {
  while (true) {
    const int threads = quota_of(mount + group);
    if (threads > 0 && (least == 0 || threads < least)) least = threads;
    if (group.empty()) return;
    group.resize(std::min(group.rfind('/'), group.size() - 1));
  }
}

}  // namespace

int quota_threads(const std::string& root, std::string_view groups) {
  int least = 0;
  take_quotas(root, "", least);
  take_quotas(root + "/cpu", "", least);
  for (const std::string_view line : core::split(groups, '\n')) {  // "0::/user.slice" or "4:cpu,cpuacct:/job"
    const std::vector<std::string_view> words = core::split(line, ':');
    if (words.size() != 3) continue;
    const std::vector<std::string_view> controllers = core::split(words[1], ',');
    const bool has_cpu = std::find(controllers.begin(), controllers.end(), "cpu") != controllers.end();
    if (words[1].empty()) take_quotas(root, std::string(words[2]), least);
    if (has_cpu) take_quotas(root + "/cpu", std::string(words[2]), least);
  }
  return least;
}

}  // namespace envlock::probe
