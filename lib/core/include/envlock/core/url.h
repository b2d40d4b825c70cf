#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace envlock::core {

/// A URL in its parts, as RFC 3986 splits it; percent-encoding is left as written.
struct Url {
  std::string scheme;    ///< lower case
  std::string user;      ///< secret
  std::string password;  ///< secret
  std::string host;      ///< lower case, IPv6 in brackets
  std::string port;      ///< digits or empty
  std::string path;      ///< with its leading slash
  std::string query;     ///< without '?'
  std::string fragment;  ///< without '#'

  bool operator==(const Url&) const = default;
};

/// Absent when `text` has no "scheme://". A file URL has an empty host.
std::optional<Url> parse_url(std::string_view text);
std::string format(const Url& url);
/// True for "scheme://..." with a plausible scheme.
bool looks_like_url(std::string_view text);

/// The URL or any text that holds URLs, fit to be shown or stored: user names, passwords, "/t/TOKEN/" path parts and
/// the values of query parameters become "***".
std::string without_secrets(std::string_view text);
/// The URL with credentials and "/t/TOKEN" removed rather than masked.
std::string strip_credentials(std::string_view url);

/// Resolves `reference` against `base` (RFC 3986, section 5.2); `base` counts as a folder even without a final slash.
std::string join_url(std::string_view base, std::string_view reference);

/// An absolute path as a file URL and back, percent-encoding what must be.
std::string file_url(std::string_view absolute_path);
std::optional<std::string> path_of_file_url(std::string_view url);

}  // namespace envlock::core
