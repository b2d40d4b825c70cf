#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// A zip of which only some bytes are at hand: its end, its directory, one member. The rules are those by which wheels
// are unpacked (room archive): no comment, nothing between or after the records, nothing encrypted, no member
// overlapping another, and a local header that agrees with the directory.

namespace envlock::pypi {

/// What is wrong with a zip; a phrase for "why".
struct ZipFault {
  std::string why;
};

/// Consecutive bytes of a file.
struct ZipPart {
  std::uint64_t begin = 0;  ///< where they lie in the file
  std::string_view bytes;

  bool holds(std::uint64_t first, std::uint64_t last) const {
    return first >= begin && last >= first && last - begin <= bytes.size();
  }
  std::string_view slice(std::uint64_t first, std::uint64_t last) const {
    return bytes.substr(static_cast<std::size_t>(first - begin), static_cast<std::size_t>(last - first));
  }
};

struct ZipSpan {
  std::uint64_t begin = 0, end = 0;
};

struct ZipDirectorySpan {
  ZipSpan span;
  std::uint64_t count = 0;
};

/// Reads the end records. `tail` holds the last bytes of a file of `size` bytes: 98 are enough, or all there are.
/// Throws: ZipFault.
ZipDirectorySpan find_zip_directory(const ZipPart& tail, std::uint64_t size);

struct ZipMember {
  std::string name;
  std::uint16_t method = 0;
  std::uint32_t crc = 0;
  std::uint64_t packed = 0, unpacked = 0;
  ZipSpan span;  ///< from its local header to the next member or the directory
};

/// The one member whose name `wanted` accepts. Throws: ZipFault when there is none or more than one, and for a
/// directory that breaks the rules.
ZipMember find_zip_member(std::string_view directory, const ZipDirectorySpan& where,
                          const std::function<bool(std::string_view)>& wanted);

/// The member's content, checked against its CRC. `part` holds its span. Throws: ZipFault, also for more than `limit`
/// bytes.
std::string read_zip_member(const ZipMember& member, const ZipPart& part, std::uint64_t limit);

}  // namespace envlock::pypi
