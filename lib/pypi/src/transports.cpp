#include "transports.h"

#include <algorithm>

#include "ascii.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "percent.h"

namespace envlock::pypi {
namespace {

/// The public index keeps its files on a host of their own; its mirrors keep both on one.
constexpr std::string_view kDefaultFiles = "https://files.pythonhosted.org";

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

std::string without_final_slashes(std::string text) {
  while (!text.empty() && text.back() == '/' && text != "/") text.pop_back();
  return text;
}

/// The folder that holds "/simple" and, beside it, the files.
std::string root_of(const std::string& base) {
  const std::size_t slash = base.rfind('/');
  const std::size_t authority = base.find("://");
  if (slash == std::string::npos || (authority != std::string::npos && slash < authority + 3)) return base;
  return base.substr(0, slash);
}

bool has_credentials(const std::string& url) {
  const std::optional<core::Url> parsed = core::parse_url(url);
  return parsed && (!parsed->user.empty() || !parsed->password.empty());
}

/// "/packages/0a/1b/REST": how the public index and its mirrors name files by their hash.
bool is_hashed_path(std::string_view path) {
  constexpr std::string_view kStart = "/packages/";
  if (!starts_with(path, kStart)) return false;
  path.remove_prefix(kStart.size());
  const auto is_hex = [](char c) { return ascii::is_digit(c) || (c >= 'a' && c <= 'f'); };
  return path.size() > 6 && is_hex(path[0]) && is_hex(path[1]) && path[2] == '/' && is_hex(path[3]) &&
         is_hex(path[4]) && path[5] == '/';
}

std::string files_root(const std::string& base) {
  return base == kDefaultIndex ? std::string(kDefaultFiles) : root_of(base);
}

std::string variable_part(std::string_view host) {
  std::string name;
  for (const char c : host) {
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
    name += ascii::is_alphanumeric(c) ? upper : '_';
  }
  return name;
}

std::string mapped(const std::string& url, const std::string& from, const std::string& to) {
  return to + url.substr(from.size());
}

}  // namespace

IndexLocation make_index_location(std::string_view url) {
  std::string text = without_final_slashes(std::string(core::trim(url)));
  if (starts_with(text, "/")) text = core::file_url(text);
  const std::optional<core::Url> parsed = core::parse_url(text);
  std::string base = core::strip_credentials(text);
  if (parsed) base = base.substr(0, base.find_first_of("?#"));
  return {without_final_slashes(std::move(base)), {text}};
}

std::string origin_of(std::string_view text) {
  const std::optional<core::Url> url = core::parse_url(text);
  if (!url) return {};
  const std::string_view standard = url->scheme == "https" ? "443" : url->scheme == "http" ? "80" : "";
  const bool named = !url->port.empty() && url->port != standard;
  return url->scheme + "://" + url->host + (named ? ":" + url->port : std::string());
}

std::string add_environment_credentials(
    const std::string& index, const std::function<std::optional<std::string>(std::string_view)>& environment) {
  std::optional<core::Url> url = core::parse_url(index);
  if (!url || (url->scheme != "http" && url->scheme != "https") || !url->user.empty()) return index;
  std::vector<std::string> places = {variable_part(url->host)};
  if (!url->port.empty()) places.insert(places.begin(), variable_part(url->host + ":" + url->port));
  for (const std::string& place : places) {
    const std::string start = "ENVLOCK_INDEX_" + place;
    const std::string user = environment(start + "_USERNAME").value_or("");
    if (user.empty()) continue;
    url->user = do_percent(user);
    url->password = do_percent(environment(start + "_PASSWORD").value_or(""));
    return core::format(*url);
  }
  return index;
}

Transports::Transports(const IndexSettings& settings) : indexes_(settings.indexes) {
  const auto take = [this](std::string url) {
    url = add_environment_credentials(url, core::environment_variable);
    if (has_credentials(url)) secrets_.push_back(url);
    return url;
  };
  for (IndexLocation& index : indexes_) {
    if (index.urls.empty()) index.urls = {index.base};
    for (std::string& url : index.urls) url = without_final_slashes(take(url));
  }
  for (const std::string& place : settings.find_links) take(place);
}

std::vector<std::string> Transports::page_urls(const IndexLocation& index, const std::string& name) const {
  std::vector<std::string> urls;
  for (const std::string& place : index.urls) {
    std::optional<core::Url> url = core::parse_url(place);
    if (!url || url->scheme == "file") {  // a folder has no server that would choose
      const std::string folder = place + "/" + do_percent(name) + "/";
      urls.push_back(folder + "index.json");
      urls.push_back(folder + "index.html");
      continue;
    }
    url->path = without_final_slashes(url->path) + "/" + do_percent(name) + "/";
    urls.push_back(core::format(*url));
  }
  return urls;
}

std::string Transports::canonical(const IndexLocation& index, const std::string& url) const {
  for (const std::string& place : index.urls) {
    const std::string mirror = make_index_location(place).base;
    if (mirror == index.base) continue;
    const std::string root = root_of(mirror);
    if (!starts_with(url, root + "/")) continue;
    std::string path = url.substr(root.size());
    if (starts_with(path, "/packages/packages/")) path.erase(0, std::string_view("/packages").size());
    // What the public index would not have under that name keeps the mirror's.
    if (index.base == kDefaultIndex && !is_hashed_path(path)) continue;
    return files_root(index.base) + path;
  }
  return url;
}

std::vector<std::string> Transports::file_urls(const std::string& index, const std::string& url) const {
  std::vector<std::string> urls;
  for (const IndexLocation& location : indexes_) {
    if (location.base != index || !starts_with(url, files_root(index) + "/")) continue;
    for (const std::string& place : location.urls) {
      const std::string mirror = make_index_location(place).base;
      if (mirror == index) continue;
      const std::string root = root_of(mirror);
      urls.push_back(with_credentials(mapped(url, files_root(index), root)));
      // Mirrors of several kinds of packages write the public index's "packages" below one of their own.
      if (index == kDefaultIndex) urls.push_back(with_credentials(mapped(url, files_root(index), root + "/packages")));
    }
  }
  urls.push_back(with_credentials(url));
  return urls;
}

std::string Transports::with_credentials(const std::string& url) const {
  for (const std::string& secret : secrets_) {
    if (origin_of(secret) != origin_of(url)) continue;
    std::optional<core::Url> with = core::parse_url(url);
    const std::optional<core::Url> source = core::parse_url(secret);
    if (!with || !with->user.empty() || !source) return url;
    with->user = source->user;
    with->password = source->password;
    return core::format(*with);
  }
  return url;
}

std::vector<std::string> file_urls(const IndexSettings& settings, const std::string& index, const std::string& url) {
  return Transports(settings).file_urls(index, url);
}

}  // namespace envlock::pypi
