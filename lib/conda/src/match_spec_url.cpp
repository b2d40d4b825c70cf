#include "envlock/conda/package_record.h"
#include "envlock/conda/platform.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "match_spec_parser.h"
#include "version_node.h"

namespace envlock::conda {
namespace {

int hexadecimal(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// "%2B" as "+": a local version in a URL is often written so.
std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hexadecimal(text[i + 1]) : -1;
    const int low = high >= 0 ? hexadecimal(text[i + 2]) : -1;
    if (low < 0) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

}  // namespace

/// True when the spec is the URL or path of a package file; then everything is set from it.
bool MatchSpecParser::parse_package_file(Span span) {
  std::string_view location = view(span);
  std::string_view fragment;
  if (const std::size_t hash = location.find('#'); hash != std::string_view::npos) {
    fragment = location.substr(hash + 1);
    location = location.substr(0, hash);
  }
  if (!location.ends_with(".conda") && !location.ends_with(".tar.bz2")) return false;
  // A bracket before the extension is a spec such as `foo[fn=foo-1.0-0.conda]` that is not closed.
  if (location.find_first_of("[]") != std::string_view::npos) return false;
  parse_file_url(location, fragment, span);
  return true;
}

void MatchSpecParser::parse_file_url(std::string_view location, std::string_view fragment, Span span) {
  const std::size_t slash = location.find_last_of("/\\");
  const bool has_folder = slash != std::string_view::npos;
  const bool is_url = core::looks_like_url(location);
  const std::string_view encoded = has_folder ? location.substr(slash + 1) : location;
  const std::string file_name = is_url ? percent_decoded(encoded) : std::string(encoded);
  const auto parts = split_file_name(file_name);
  if (!parts) {
    fail_at(span.first, span.size(), "a package file is named NAME-VERSION-BUILD.conda or NAME-VERSION-BUILD.tar.bz2");
  }
  spec_.name = core::to_lower(parts->name);
  if (!is_valid_name(spec_.name)) fail_at(span.first, span.size(), "the file name holds no valid package name");
  const char* leniency = nullptr;
  spec_.version = parse_version_spec(std::string("==") + std::string(parts->version), span.first, leniency);
  set_build(parts->build, span);
  if (!is_safe_file_name(file_name)) fail_at(span.first, span.size(), "the file name holds a character that none has");
  if (location.front() == '^') fail_at(span.first, 1, "a path does not begin with `^`");
  spec_.file_name = file_name;
  spec_.url = without_credentials(location);
  if (has_folder) {
    const std::string base = without_credentials(location.substr(0, slash));
    const std::size_t before_subdir = base.find_last_of("/\\");
    const std::string subdir = before_subdir == std::string::npos ? base : base.substr(before_subdir + 1);
    if (subdir == "noarch" || is_known_subdir(subdir)) {
      if (is_url) set_channel(base, span);
      spec_.subdir = subdir;
    }
  }
  if (fragment.empty()) return;
  const bool named = fragment.starts_with("sha256:");
  if (named) fragment.remove_prefix(7);
  spec_.sha256 = core::parse_sha256(fragment);
  if (!spec_.sha256 && !named) spec_.md5 = core::parse_md5(fragment);
  if (!spec_.sha256 && !spec_.md5) {
    fail_at(span.first, span.size(),
            "after `#` stands an md5 digest of 32 or a sha256 digest of 64 hexadecimal digits");
  }
}

}  // namespace envlock::conda
