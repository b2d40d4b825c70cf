#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace envlock::snapshot {

/// What the control groups of a process allow it.
struct GroupLimits {
  std::optional<double> cpu_quota;  ///< processors, to the thousandth
  std::optional<std::uint64_t> memory_bytes;
};

/// `mount` is where the groups are mounted ("/sys/fs/cgroup"), `groups` the text of /proc/self/cgroup. The least of the
/// limits of the process's groups and of all above them counts, of version 1 and 2. Within a container the text often
/// names groups of the host that are not there; then the mount is the container's own group.
GroupLimits group_limits(const std::filesystem::path& mount, std::string_view groups);

}  // namespace envlock::snapshot
