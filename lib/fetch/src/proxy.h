#pragma once

#include <map>
#include <optional>
#include <string>

namespace envlock::fetch {

/// The proxy of a URL by conda's rule: the most exact of "scheme://host", "scheme", "all://host", "all". Absent: none
/// is configured and the environment decides (http_proxy, https_proxy, all_proxy). Source: requests.utils.select_proxy,
/// which conda uses.
std::optional<std::string> select_proxy(const std::map<std::string, std::string>& proxies, const std::string& url);

}  // namespace envlock::fetch
