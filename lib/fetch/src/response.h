#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace envlock::fetch {

/// The header fields of a response that matter here; of several responses (redirects, 100) the last counts.
struct Response {
  /// "bytes 0-99/1234"; the size is absent for "*".
  struct Range {
    std::uint64_t first = 0, last = 0;
    std::optional<std::uint64_t> whole;
  };
  std::string etag;
  std::string last_modified;
  std::optional<std::int64_t> max_age;  ///< Cache-Control: seconds; 0 for no-cache and no-store
  std::optional<Range> range;
  std::string content_type;  ///< lower case, without parameters
  bool challenge = false;    ///< WWW-Authenticate or Proxy-Authenticate
  std::string location;

  /// One line as it came, its line ending included. A status line begins a new response.
  void read_line(std::string_view line);
};

}  // namespace envlock::fetch
