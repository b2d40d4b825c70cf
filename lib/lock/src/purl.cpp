#include "purl.h"

#include <map>
#include <string_view>

#include "pip_export.h"

namespace envlock::lock {
namespace {

constexpr std::string_view kPypi = "https://pypi.org/simple";

// Unreserved characters and ":" stand for themselves, and "/" in values of qualifiers.
std::string encoded(std::string_view text, bool keep_slashes = false) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~' || c == ':' || (c == '/' && keep_slashes);
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += std::string("%") + kHex[byte >> 4] + kHex[byte & 15];
    }
  }
  return out;
}

// Qualifiers are sorted by key; empty ones are left out.
std::string purl(std::string_view type, std::string_view name, std::string_view version,
                 const std::map<std::string, std::string>& qualifiers) {
  std::string text = "pkg:" + std::string(type) + "/" + encoded(name) + "@" + encoded(version);
  char joint = '?';
  for (const auto& [key, value] : qualifiers) {
    if (value.empty()) continue;
    text += joint + key + "=" + encoded(value, true);
    joint = '&';
  }
  return text;
}

}  // namespace

std::string purl_of(const conda::PackageRecord& record, const std::string& channel_name) {
  const bool is_conda = record.file_name.ends_with(".conda");
  return purl("conda", record.name, record.version,
              {{"build", record.build},
               {"channel", channel_name},
               {"subdir", record.subdir},
               {"type", is_conda ? "conda" : "tar.bz2"}});
}

std::string purl_of(const LockedDistribution& distribution) {
  using Source = LockedDistribution::Source;
  const Source source = distribution.source;
  std::map<std::string, std::string> qualifiers = {{"file_name", distribution.file}};
  if (!distribution.index.empty() && distribution.index != kPypi) qualifiers["repository_url"] = distribution.index;
  if (source == Source::vcs) qualifiers["vcs_url"] = full_url(distribution);
  const bool by_place = source == Source::archive || source == Source::find_links || source == Source::directory;
  if (by_place && distribution.index.empty()) qualifiers["download_url"] = distribution.url;
  return purl("pypi", distribution.name, distribution.version, qualifiers);
}

}  // namespace envlock::lock
