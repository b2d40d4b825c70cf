#include <algorithm>

#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/lock/pip.h"
#include "stored_text.h"

namespace envlock::lock {
namespace {

constexpr std::string_view kPypi = "https://pypi.org/simple";
constexpr std::string_view kPypiFiles = "https://files.pythonhosted.org";

bool is_hex(std::string_view text, std::size_t length) {
  return text.size() == length &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// "/packages/ab/cd/<60 hex>/FILE" at the end of a path: how PyPI names files by their BLAKE2 hash. "" for others.
std::string_view pypi_place(std::string_view path) {
  const auto parts = core::split(path, '/');
  const std::size_t count = parts.size();
  if (count < 5 || parts[count - 5] != "packages" || !is_hex(parts[count - 4], 2) || !is_hex(parts[count - 3], 2) ||
      !is_hex(parts[count - 2], 60) || parts[count - 1].empty()) {
    return {};
  }
  return path.substr(static_cast<std::size_t>(parts[count - 5].data() - path.data()) - 1);
}

std::string_view without_final_slash(std::string_view base) {
  while (base.ends_with('/')) base.remove_suffix(1);
  return base;
}

// "x/y" of "BASE/x/y", "../x" of what lies beside the last folder of the base. "" where it lies elsewhere.
std::string relative_to(const std::string& base, const std::string& url) {
  if (url.starts_with(base + "/")) return url.substr(base.size() + 1);
  const std::size_t slash = base.rfind('/');
  const std::size_t host = base.find("://");
  // The folder above the base, not above the host.
  if (slash == std::string::npos || host == std::string::npos || slash < host + 3) return {};
  const std::string above = base.substr(0, slash + 1);
  return url.starts_with(above) ? "../" + url.substr(above.size()) : std::string();
}

}  // namespace

std::string canonical_file_url(std::string_view index, std::string_view url, const std::vector<std::string>& mirrors) {
  index = without_final_slash(index);
  std::string plain = without_login(url.substr(0, url.find_first_of("?#")));
  if (const auto parts = core::parse_url(plain)) plain = core::format(*parts);
  if (index == kPypi) {
    const auto parts = core::parse_url(plain);
    const std::string_view place = pypi_place(parts ? std::string_view(parts->path) : std::string_view(plain));
    if (!place.empty()) return std::string(kPypiFiles) + std::string(place);
  }
  std::vector<std::string> bases = {std::string(index)};
  bases.insert(bases.end(), mirrors.begin(), mirrors.end());
  for (const std::string& each : bases) {
    const std::string base = without_login(without_final_slash(each));
    if (base.empty()) continue;
    if (std::string relative = relative_to(base, plain); !relative.empty()) return relative;
  }
  return plain;
}

std::string file_url_at(std::string_view index, std::string_view canonical) {
  if (core::looks_like_url(canonical) || index.empty()) return std::string(canonical);
  return core::join_url(index, canonical);
}

}  // namespace envlock::lock
