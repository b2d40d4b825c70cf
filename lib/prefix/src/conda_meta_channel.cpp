#include "conda_meta_channel.h"

#include "envlock/conda/platform.h"
#include "envlock/core/url.h"

namespace envlock::prefix {
namespace {

bool is_subdir(std::string_view text) {
  return text == "noarch" || conda::is_known_subdir(text);
}

/// Without user, token, query, fragment and final slashes. A pre-signed URL has its secret in the query.
std::string plain_url(std::string_view text) {
  std::string url = core::strip_credentials(text.substr(0, text.find_first_of("?#")));
  while (url.ends_with('/') && !url.ends_with("//")) url.pop_back();
  return url;
}

std::string_view last_part(std::string_view url) {
  return url.substr(url.rfind('/') + 1);
}
std::string_view without_last_part(std::string_view url) {
  const std::size_t slash = url.rfind('/');
  return url.substr(0, slash == std::string_view::npos ? 0 : slash);
}

bool is_package_file(std::string_view name) {
  return (name.ends_with(".conda") || name.ends_with(".tar.bz2")) && conda::is_safe_file_name(name);
}

/// Without its subdir, also where that was put there twice.
std::string base_of(std::string_view channel) {
  while (is_subdir(last_part(channel)) && channel.find('/') != std::string_view::npos) {
    channel = without_last_part(channel);
  }
  return std::string(channel);
}

std::string channel_of(const Origin& origin, const std::string& url) {
  if (core::looks_like_url(origin.channel)) return base_of(plain_url(origin.channel));
  if (!url.empty()) return base_of(without_last_part(url));
  for (const std::string& name : {origin.channel, origin.schannel}) {
    // Names of conda for "nobody knows", and a URL without its scheme that might hold a password.
    if (name.empty() || name.front() == '<' || name == "@" || name.find('@') != std::string::npos) continue;
    return base_of(name);
  }
  return "";
}

std::string subdir_of(const conda::PackageRecord& record, const Origin& origin, const std::string& url) {
  if (!origin.subdir.empty()) return origin.subdir;
  if (const std::string_view part = last_part(without_last_part(url)); is_subdir(part)) return std::string(part);
  if (const std::string channel = plain_url(origin.channel); is_subdir(last_part(channel))) {
    return std::string(last_part(channel));
  }
  return record.noarch.empty() ? "" : "noarch";
}

}  // namespace

void set_origin(conda::PackageRecord& record, const Origin& origin) {
  // "file:../x" is how a channel named by a relative path is written: no URL of the usual shape, but no secret either.
  const bool relative = origin.url.starts_with("file:") && !origin.url.starts_with("file://");
  const std::string url = core::looks_like_url(origin.url) ? plain_url(origin.url) : "";
  record.channel = relative ? origin.channel : channel_of(origin, url);
  record.subdir = subdir_of(record, origin, url);
  if (is_package_file(origin.file_name)) {
    record.file_name = origin.file_name;
  } else if (is_package_file(last_part(url))) {
    record.file_name = last_part(url);
  } else {
    record.file_name = record.name + "-" + record.version + "-" + record.build;
  }
  if (!url.empty() && url != conda::package_url(record)) record.url = url;
}

}  // namespace envlock::prefix
