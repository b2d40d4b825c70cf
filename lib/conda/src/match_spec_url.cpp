#include "envlock/conda/package_record.h"
#include "envlock/conda/platform.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "match_spec_parser.h"
#include "version_node.h"

namespace envlock::conda {

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
  const std::string_view file_name = has_folder ? location.substr(slash + 1) : location;
  const auto parts = split_file_name(file_name);
  if (!parts) {
    fail_at(span.first, span.size(), "a package file is named NAME-VERSION-BUILD.conda or NAME-VERSION-BUILD.tar.bz2");
  }
  spec_.name = core::to_lower(parts->name);
  if (!is_valid_name(spec_.name)) fail_at(span.first, span.size(), "the file name holds no valid package name");
  const char* leniency = nullptr;
  spec_.version = parse_version_spec(std::string("==") + std::string(parts->version), span.first, leniency);
  set_build(parts->build, span);
  spec_.file_name = std::string(file_name);
  spec_.url = core::strip_credentials(location);
  if (has_folder) {
    const std::string base = core::strip_credentials(location.substr(0, slash));
    const std::size_t subdir = base.find_last_of("/\\");
    if (subdir != std::string::npos) {
      const std::string last = base.substr(subdir + 1);
      if (last == "noarch" || is_known_subdir(last)) {
        spec_.subdir = last;
        if (core::looks_like_url(base)) spec_.channel = base.substr(0, subdir);
      }
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
