#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "envlock/archive/package.h"
#include "envlock/core/digest.h"
#include "envlock/prefix/wheel.h"

namespace envlock::prefix {

/// One file of a wheel.
struct WheelPart {
  std::uint64_t size = 0;
  bool executable = false;
  core::Sha256 sha256;
  std::optional<std::string> bytes;  ///< absent: too large to keep, it must be read again
};

/// What one reading of a wheel gave.
struct WheelContent {
  std::string file_name;           ///< for messages
  std::vector<std::string> order;  ///< paths, as the archive has them
  std::map<std::string, WheelPart> parts;
  archive::FileDigest digest;

  const WheelPart* find(const std::string& path) const;
  /// The bytes of a part that every reading keeps; "" when there is none.
  std::string_view text(const std::string& path) const;
};

/// Reads and hashes the whole file. Keeps all bytes of a small wheel; of a large one the files of .dist-info and the
/// scripts. Throws: core::Error "wheel-invalid" (a link in it), and what archive::read_wheel throws.
WheelContent read_content(const std::filesystem::path& file, const std::string& file_name);

/// Checks the content against the wheel's own RECORD, as PEP 427 wants it: every file but RECORD and its signatures
/// stands there, once, with a SHA-256, SHA-384 or SHA-512 that is the file's; and nothing stands there that is not in
/// the wheel. Throws: core::Error "wheel-invalid", "wheel-record-invalid".
void check_record(const std::filesystem::path& file, const WheelContent& content, const std::string& info_folder);

}  // namespace envlock::prefix
