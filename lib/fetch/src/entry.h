#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "envlock/core/digest.h"

namespace envlock::fetch {

/// What the cache knows of a URL: which body it had, and how to ask whether it still has it.
struct Entry {
  std::string url;                      ///< without secrets; for people only, the file's name is the key
  std::string etag;                     ///< as the server wrote it, quotes included; empty: none
  std::string last_modified;            ///< as the server wrote it
  std::int64_t fetched_at = 0;          ///< seconds since 1970 when the server last said so
  std::optional<std::int64_t> max_age;  ///< the server's Cache-Control, in seconds; 0 for no-cache and no-store
  core::Sha256 sha256;
  std::optional<core::Md5> md5;
  std::uint64_t size = 0;
  std::string content_type;
  std::string final_url;  ///< as Fetched has it; empty: that of `url`
  std::optional<std::uint64_t> range_start;
  std::uint64_t whole_size = 0;

  bool operator==(const Entry&) const = default;
};

/// Source: docs/formats/cache.md.
std::string format(const Entry& entry);
/// Absent for anything that is not a whole entry of this version: the cache then acts as if there were none.
std::optional<Entry> parse_entry(std::string_view text);

}  // namespace envlock::fetch
