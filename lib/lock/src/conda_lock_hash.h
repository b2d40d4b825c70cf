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
  std::string manager = "conda";
  // Of lines of a `pip:` list; at most one of url and repository.
  struct Url {
    std::string url;
    std::string hash;  ///< "sha256:...", "" none
  };
  struct Repository {
    std::string source;
    std::optional<std::string> revision;
    std::optional<std::string> subdirectory;
  };
  std::vector<std::string> extras = {};  ///< sorted
  std::optional<std::string> markers = {};
  std::optional<std::string> hash = {};
  std::optional<Url> url = {};
  std::optional<Repository> repository = {};
};

struct CondaLockChannel {
  std::string url;
  std::vector<std::string> used_variables;
};

/// conda-lock's content_hash of one platform: the sha256 of a JSON text of channels, requests (one a manager
/// and name), `pip-repositories` and conda-lock's default virtual packages. Source: CEP 37, "content_hash"; conda-lock
/// 4.0.
std::string conda_lock_content_hash(const std::vector<CondaLockChannel>& channels,
                                    std::vector<CondaLockDependency> dependencies,
                                    const std::vector<std::string>& pip_repositories, std::string_view subdir);

}  // namespace envlock::lock
