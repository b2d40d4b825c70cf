#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/pypi/index_client.h"

namespace envlock::pypi {

/// The URL of `index` with the user and password of ENVLOCK_INDEX_HOST_USERNAME and _PASSWORD, unless it has its own.
std::string add_environment_credentials(const std::string& index,
                                        const std::function<std::optional<std::string>(std::string_view)>& environment);

/// "https://host:port", for what counts by server.
std::string origin_of(std::string_view url);

/// Which URLs bytes come from, and which the lock says. The two differ by mirrors and credentials.
class Transports {
 public:
  explicit Transports(const IndexSettings& settings);

  const std::vector<IndexLocation>& indexes() const { return indexes_; }
  /// Where the page of a project lies.
  std::vector<std::string> page_urls(const IndexLocation& index, const std::string& name) const;
  /// The file's own address, of one that a mirror's page may have given.
  std::string canonical(const IndexLocation& index, const std::string& url) const;
  std::vector<std::string> file_urls(const std::string& index, const std::string& url) const;
  /// Adds what the settings know for that host.
  std::string with_credentials(const std::string& url) const;

 private:
  std::vector<IndexLocation> indexes_;
  std::vector<std::string> secrets_;  ///< URLs with credentials: for their origin
};

}  // namespace envlock::pypi
