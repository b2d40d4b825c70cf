#include "zip_window.h"

#include <algorithm>

#include "inflate.h"

// The records of a zip, by their offsets. Source: PKWARE APPNOTE 6.3, sections 4.3.7, 4.3.12 to 4.3.16, 4.5.3.

namespace envlock::pypi {
namespace {

constexpr std::size_t kEndSize = 22, kLocatorSize = 20, kEnd64Size = 56, kCentralSize = 46, kLocalSize = 30;
constexpr std::uint64_t kEndSignature = 0x06054b50, kLocatorSignature = 0x07064b50, kEnd64Signature = 0x06064b50,
                        kCentralSignature = 0x02014b50, kLocalSignature = 0x04034b50;
constexpr std::uint64_t kNone16 = 0xffff, kNone32 = 0xffffffff;
constexpr std::uint64_t kEncrypted = 1 | 1 << 6 | 1 << 13, kSizesFollow = 1 << 3;
constexpr std::uint16_t kStored = 0, kDeflated = 8;

std::uint64_t little_endian(std::string_view bytes, std::size_t at, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = width; i > 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[at + i - 1]);
  return value;
}

[[noreturn]] void refuse_end() {
  throw ZipFault{"it does not end with a zip's directory: it is truncated, or something follows"};
}

ZipDirectorySpan find_directory64(const ZipPart& tail, std::uint64_t end) {
  if (end < kLocatorSize + kEnd64Size) refuse_end();
  const std::uint64_t at = end - kLocatorSize - kEnd64Size;
  if (!tail.holds(at, end)) refuse_end();
  const std::string_view locator = tail.slice(end - kLocatorSize, end);
  const std::string_view record = tail.slice(at, at + kEnd64Size);
  if (little_endian(locator, 0, 4) != kLocatorSignature || little_endian(locator, 8, 8) != at) refuse_end();
  const std::uint64_t count = little_endian(record, 32, 8), begin = little_endian(record, 48, 8);
  if (little_endian(record, 0, 4) != kEnd64Signature || little_endian(record, 4, 8) != kEnd64Size - 12 ||
      little_endian(record, 16, 8) != 0 || little_endian(record, 24, 8) != count || begin > at ||
      at - begin != little_endian(record, 40, 8)) {
    refuse_end();
  }
  return {{begin, at}, count};
}

/// Takes from the zip64 field what the short fields leave out. False when it is missing.
bool apply_zip64(std::string_view extra, ZipMember& member) {
  std::string_view field;
  while (extra.size() >= 4) {
    const auto length = static_cast<std::size_t>(little_endian(extra, 2, 2));
    if (length > extra.size() - 4) return false;
    if (little_endian(extra, 0, 2) == 1) field = extra.substr(4, length);
    extra.remove_prefix(4 + length);
  }
  for (std::uint64_t* value : {&member.unpacked, &member.packed, &member.span.begin}) {
    if (*value != kNone32) continue;
    if (field.size() < 8) return false;
    *value = little_endian(field, 0, 8);
    field.remove_prefix(8);
  }
  return true;
}

/// One record of the directory, which loses it.
struct Central {
  std::string_view name, extra;
  std::uint64_t offset = 0;
  std::string_view fixed;
};

Central take_central(std::string_view& directory) {
  const ZipFault truncated{"its zip directory is truncated"};
  if (directory.size() < kCentralSize || little_endian(directory, 0, 4) != kCentralSignature) throw truncated;
  const auto length = [&](std::size_t at) { return static_cast<std::size_t>(little_endian(directory, at, 2)); };
  const std::size_t name = length(28), extra = length(30), whole = kCentralSize + name + extra + length(32);
  if (directory.size() < whole) throw truncated;
  Central record{directory.substr(kCentralSize, name), directory.substr(kCentralSize + name, extra),
                 little_endian(directory, 42, 4), directory.substr(0, kCentralSize)};
  directory.remove_prefix(whole);
  return record;
}

ZipMember make_member(const Central& record) {
  ZipMember member;
  member.name = std::string(record.name);
  member.method = static_cast<std::uint16_t>(little_endian(record.fixed, 10, 2));
  member.crc = static_cast<std::uint32_t>(little_endian(record.fixed, 16, 4));
  member.packed = little_endian(record.fixed, 20, 4);
  member.unpacked = little_endian(record.fixed, 24, 4);
  member.span.begin = record.offset;
  if (!apply_zip64(record.extra, member)) throw ZipFault{"its zip directory leaves out a size"};
  if ((little_endian(record.fixed, 8, 2) & kEncrypted) != 0) throw ZipFault{"a member of it is encrypted"};
  return member;
}

/// Where the member ends at the latest: the next one, or the directory.
std::uint64_t limit_of(const ZipMember& member, const std::vector<std::uint64_t>& begins, std::uint64_t directory) {
  std::uint64_t limit = directory;
  std::size_t same = 0;
  for (const std::uint64_t begin : begins) {
    if (begin > member.span.begin) limit = std::min(limit, begin);
    same += begin == member.span.begin ? 1 : 0;
  }
  const std::uint64_t header = kLocalSize + member.name.size();
  if (same != 1 || member.span.begin > limit || limit - member.span.begin < header ||
      limit - member.span.begin - header < member.packed) {
    throw ZipFault{"a member of it overlaps another, or reaches beyond the file"};
  }
  return limit;
}

}  // namespace

ZipDirectorySpan find_zip_directory(const ZipPart& tail, std::uint64_t size) {
  if (size < kEndSize || !tail.holds(size - kEndSize, size)) refuse_end();
  const std::uint64_t at = size - kEndSize;
  const std::string_view end = tail.slice(at, size);
  const std::uint64_t count = little_endian(end, 8, 2), length = little_endian(end, 12, 4);
  const std::uint64_t begin = little_endian(end, 16, 4);
  if (little_endian(end, 0, 4) != kEndSignature || little_endian(end, 4, 4) != 0 || little_endian(end, 20, 2) != 0 ||
      little_endian(end, 10, 2) != count) {
    refuse_end();
  }
  if (count == kNone16 || length == kNone32 || begin == kNone32) return find_directory64(tail, at);
  if (begin > at || at - begin != length) refuse_end();
  return {{begin, at}, count};
}

ZipMember find_zip_member(std::string_view directory, const ZipDirectorySpan& where,
                          const std::function<bool(std::string_view)>& wanted) {
  std::optional<ZipMember> found;
  std::vector<std::uint64_t> begins;
  for (std::uint64_t i = 0; i < where.count; ++i) {
    const Central record = take_central(directory);
    if (!wanted(record.name)) {
      ZipMember other;
      other.span.begin = record.offset;
      other.packed = little_endian(record.fixed, 20, 4);
      other.unpacked = little_endian(record.fixed, 24, 4);
      if (!apply_zip64(record.extra, other)) throw ZipFault{"its zip directory leaves out a size"};
      begins.push_back(other.span.begin);
      continue;
    }
    ZipMember member = make_member(record);
    begins.push_back(member.span.begin);
    if (found) throw ZipFault{"it holds both `" + found->name + "` and `" + member.name + "`"};
    found = std::move(member);
  }
  if (!directory.empty()) throw ZipFault{"something stands between the records of its zip directory"};
  if (!found) throw ZipFault{"it holds no such file"};
  found->span.end = limit_of(*found, begins, where.span.begin);
  return *found;
}

std::string read_zip_member(const ZipMember& member, const ZipPart& part, std::uint64_t limit) {
  const ZipFault two_stories{"the header of `" + member.name + "` and the zip's directory tell two stories of it"};
  if (member.unpacked > limit || member.packed > limit) {
    throw ZipFault{"`" + member.name + "` has " + std::to_string(member.unpacked) + " bytes; at most " +
                   std::to_string(limit) + " are taken"};
  }
  const std::string_view local = part.slice(member.span.begin, member.span.end);
  if (local.size() < kLocalSize || little_endian(local, 0, 4) != kLocalSignature) throw two_stories;
  const std::uint64_t flags = little_endian(local, 6, 2);
  const auto agrees = [&](std::size_t at, std::uint64_t want) {
    const std::uint64_t have = little_endian(local, at, 4);
    return have == want || have == kNone32;  // a zip64 field holds it: the directory's is as good
  };
  const bool same = (flags & kSizesFollow) != 0 || (little_endian(local, 14, 4) == member.crc &&
                                                    agrees(18, member.packed) && agrees(22, member.unpacked));
  const auto name = static_cast<std::size_t>(little_endian(local, 26, 2));
  const std::size_t data = kLocalSize + name + static_cast<std::size_t>(little_endian(local, 28, 2));
  if (!same || (flags & kEncrypted) != 0 || little_endian(local, 8, 2) != member.method || data > local.size() ||
      local.size() - data < member.packed || local.substr(kLocalSize, name) != member.name) {
    throw two_stories;
  }
  const std::string_view packed = local.substr(data, static_cast<std::size_t>(member.packed));
  std::string content;
  if (member.method == kStored) {
    content = std::string(packed);
  } else if (member.method == kDeflated) {
    const bool good = inflate(packed, Wrapping::none, member.unpacked, [&](std::string_view bytes) {
      content += bytes;
      return true;
    });
    if (!good) throw ZipFault{"`" + member.name + "` is damaged, or larger than it says"};
  } else {
    throw ZipFault{"`" + member.name + "` is neither stored nor deflated"};
  }
  if (content.size() != member.unpacked || crc32(content) != member.crc) {
    throw ZipFault{"`" + member.name + "` does not unpack to what its checksum stands for"};
  }
  return content;
}

}  // namespace envlock::pypi
