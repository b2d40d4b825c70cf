#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "archive_file.h"
#include "envlock/archive/package.h"
#include "envlock/core/digest.h"

namespace envlock::archive {

/// A member of a zip, as the central directory has it.
struct ZipMember {
  static constexpr std::uint16_t kStored = 0, kDeflated = 8;

  std::string name;
  std::uint16_t method = kStored;
  std::uint16_t flags = 0;
  std::uint32_t crc = 0;
  std::uint64_t packed = 0, unpacked = 0;  ///< bytes
  std::uint64_t offset = 0;                ///< of its local header
  std::uint64_t limit = 0;                 ///< its data ends here at the latest: the next member, or the directory
  std::uint32_t unix_mode = 0;             ///< as in st_mode; 0 when the zip has none
  std::int64_t mtime_seconds = 0;          ///< the zip's time of day, taken for UTC
};

struct ZipDirectory {
  std::vector<ZipMember> members;  ///< in the order of their bytes; they do not overlap
  Range range;                     ///< the directory and the records after it, to the file's end
  core::Sha256 sha256;             ///< of that range
};

/// Reads the central directory, zip64 included. Strict: no comment, nothing between or after the records, nothing
/// encrypted, no method but stored and deflated, every member inside the file and apart from the others.
/// Throws: core::Error "archive-unreadable", "archive-too-large".
ZipDirectory read_zip_directory(const ArchiveFile& file, const Limits& limits);

/// Goes to a member's data and gives where it ends. The local header must agree with the directory.
std::uint64_t enter_member(ByteCursor& cursor, const ZipMember& member, const std::string& file);

}  // namespace envlock::archive
