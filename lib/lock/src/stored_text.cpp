#include "stored_text.h"

#include <algorithm>

#include "envlock/core/url.h"
#include "envlock/lock/pip.h"

namespace envlock::lock {

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool holds_secret(std::string_view url) {
  const auto parts = core::parse_url(url);
  return parts && core::strip_credentials(url) != core::format(*parts);
}

bool holds_login(std::string_view url) {
  const auto parts = core::parse_url(url);
  if (!parts) return false;
  return !parts->password.empty() || (!parts->user.empty() && !parts->scheme.ends_with("ssh"));
}

std::string without_login(std::string_view url) {
  auto parts = core::parse_url(url);
  if (!parts || !holds_login(url)) return std::string(url);
  parts->password.clear();
  if (!parts->scheme.ends_with("ssh")) parts->user.clear();
  return core::format(*parts);
}

}  // namespace envlock::lock
