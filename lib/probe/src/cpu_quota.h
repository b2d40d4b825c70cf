#pragma once

#include <string>
#include <string_view>

namespace envlock::probe {

/// How many threads the CPU quotas of control groups pay for, rounded up; 0 without a quota.
/// `root` is where the groups are mounted, "/sys/fs/cgroup", and `groups` the text of /proc/self/cgroup: the least of
/// the quotas of this process's groups and of all above them counts. Within a container the text often names groups of
/// the host that are not there; then the root is the container's own group.
int quota_threads(const std::string& root, std::string_view groups);

}  // namespace envlock::probe
