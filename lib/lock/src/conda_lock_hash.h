#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::lock {

/// A request as conda-lock's model has it.
struct CondaLockDependency {
  std::string name;
  std::string version;  ///< "" when any will do
  std::optional<std::string> build;
  std::optional<std::string> channel;
  std::string category;
};

struct CondaLockChannel {
  std::string url;
  std::vector<std::string> used_variables;
};

/// conda-lock's content_hash of one platform: the sha256 of a JSON text of channels, requests (one a name) and
/// conda-lock's default virtual packages. Source: CEP 37, "content_hash"; conda-lock 4.0.
std::string conda_lock_content_hash(const std::vector<CondaLockChannel>& channels,
                                    std::vector<CondaLockDependency> dependencies, std::string_view subdir);

}  // namespace envlock::lock
