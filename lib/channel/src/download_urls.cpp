#include <algorithm>
#include <utility>

#include "envlock/channel/condarc.h"
#include "envlock/core/url.h"

namespace envlock::channel {

std::vector<std::string> download_urls(const std::vector<Location>& locations, const conda::PackageRecord& record) {
  std::vector<std::string> urls;
  const auto add = [&urls](std::string url) {
    if (std::find(urls.begin(), urls.end(), url) == urls.end()) urls.push_back(std::move(url));
  };
  const std::string canonical = conda::package_url(record);
  // A record whose file lies outside its channel has one place; one that lies inside can come from every mirror.
  const std::string prefix = record.channel + "/";
  if (canonical.starts_with(prefix)) {
    const std::string inside = canonical.substr(prefix.size());
    for (const Location& location : locations) {
      if (location.channel.base != record.channel) continue;
      for (const std::string& url : location.urls) add(url + (url.ends_with('/') ? "" : "/") + inside);
    }
  }
  if (core::looks_like_url(canonical)) add(canonical);
  return urls;
}

}  // namespace envlock::channel
