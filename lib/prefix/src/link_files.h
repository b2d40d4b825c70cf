#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "plan.h"

namespace envlock::prefix {

/// What became of one planned file.
struct LinkedFile {
  enum class How { none, reflink, hardlink, copy, rewrite, written };
  How how = How::none;
  std::optional<core::Sha256> sha256_in_prefix;  ///< of files
  std::uint64_t size = 0;
};

struct LinkInput {
  const PrefixFolder& prefix;
  std::string prefix_text;  ///< absolute, as it is written into files
  const Plan& plan;
  LinkMethod method = LinkMethod::automatic;
  std::size_t threads = 0;
  std::function<void()> done_one = [] {};  ///< called from any thread, for progress
};

/// Makes all planned files but those of kinds pyc and meta; their folders are there, and nothing is in their place.
/// Order of the result: that of plan.files.
/// Throws: core::Error "disk-full", "prefix-unwritable", "cache-changed".
std::vector<LinkedFile> link_files(const LinkInput& input);

/// Writes a new file. Throws: core::Error "disk-full", "prefix-unwritable".
void write_new_file(Cursor& cursor, const std::string& path, std::string_view bytes, std::uint32_t mode,
                    std::int64_t time_seconds);

}  // namespace envlock::prefix
