#include "proxy.h"

#include "envlock/core/url.h"

namespace envlock::fetch {

std::optional<std::string> select_proxy(const std::map<std::string, std::string>& proxies, const std::string& text) {
  const std::optional<core::Url> url = core::parse_url(text);
  if (!url) return std::nullopt;
  for (const std::string& key :
       {url->scheme + "://" + url->host, url->scheme, "all://" + url->host, std::string("all")}) {
    if (const auto found = proxies.find(key); found != proxies.end()) return found->second;
  }
  return std::nullopt;
}

}  // namespace envlock::fetch
