#include "resolve_channels_address.h"

#include "envlock/conda/platform.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::channel {
namespace {

bool is_subdir(std::string_view part) {
  return part == "noarch" || conda::is_known_subdir(part);
}

/// Takes final slashes off, and one subdir with them.
std::string without_subdir(std::string path) {
  const auto strip = [&path] {
    while (!path.empty() && path.back() == '/') path.pop_back();
  };
  strip();
  const std::size_t slash = path.rfind('/');
  if (slash != std::string::npos && is_subdir(std::string_view(path).substr(slash + 1))) path.resize(slash);
  strip();
  return path;
}

bool is_default_port(const core::Url& url) {
  return (url.scheme == "http" && url.port == "80") || (url.scheme == "https" && url.port == "443");
}

}  // namespace

std::optional<std::string> canonical_url(std::string_view text) {
  std::optional<core::Url> url = core::parse_url(core::strip_credentials(text));
  if (!url || url->host.empty() || (url->scheme != "http" && url->scheme != "https")) return std::nullopt;
  if (is_default_port(*url)) url->port.clear();
  url->query.clear();
  url->fragment.clear();
  url->path = without_subdir(url->path);
  return core::format(*url);
}

std::string transport_url(std::string_view text) {
  std::optional<core::Url> url = core::parse_url(text);
  if (!url) return std::string(text);
  if (is_default_port(*url)) url->port.clear();
  url->fragment.clear();
  url->path = without_subdir(url->path);
  return core::format(*url);
}

bool looks_like_path(std::string_view text) {
  return text == "." || text == ".." || text == "~" || text.substr(0, 1) == "/" || text.substr(0, 2) == "./" ||
         text.substr(0, 3) == "../" || text.substr(0, 2) == "~/";
}

std::filesystem::path absolute_folder(std::string_view text, const std::filesystem::path& base) {
  std::filesystem::path path(without_subdir(std::string(text)));
  if (path.empty()) path = "/";
  if (text == "~" || text.substr(0, 2) == "~/") {
    if (const std::optional<std::string> home = core::environment_variable("HOME"); home && !home->empty()) {
      const std::string rest = path.string().size() > 2 ? path.string().substr(2) : std::string();
      path = rest.empty() ? std::filesystem::path(*home) : std::filesystem::path(*home) / rest;
    }
  }
  path = std::filesystem::absolute(base / path).lexically_normal();
  return path.has_filename() || path == path.root_path() ? path : path.parent_path();
}

std::string relative_base(const std::filesystem::path& folder, const std::filesystem::path& from) {
  const std::string relative =
      folder.lexically_relative(std::filesystem::absolute(from).lexically_normal() / "").generic_string();
  if (relative == "." || relative.substr(0, 2) == "..") return relative;
  return "./" + relative;
}

}  // namespace envlock::channel
