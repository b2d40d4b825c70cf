#include "zip_directory.h"

#include <algorithm>
#include <string_view>

#include "failure.h"
#include "little_endian.h"

// The records of a zip, by their offsets. Source: PKWARE APPNOTE 6.3, sections 4.3.7, 4.3.12 to 4.3.16, 4.5.3.

namespace envlock::archive {
namespace {

constexpr std::size_t kEndSize = 22, kLocatorSize = 20, kEnd64Size = 56, kCentralSize = 46, kLocalSize = 30;
constexpr std::uint64_t kEndSignature = 0x06054b50, kLocatorSignature = 0x07064b50, kEnd64Signature = 0x06064b50,
                        kCentralSignature = 0x02014b50, kLocalSignature = 0x04034b50;
constexpr std::uint64_t kNone16 = 0xffff, kNone32 = 0xffffffff;
constexpr std::uint64_t kLargestDirectory = std::uint64_t{256} << 20;
constexpr std::uint64_t kEncrypted = 1 | 1 << 6 | 1 << 13, kSizesFollow = 1 << 3;

struct Location {
  std::uint64_t count = 0, begin = 0, end = 0;  // of the directory
};

std::string read_exactly(const ArchiveFile& file, std::uint64_t offset, std::size_t length) {
  std::string bytes(length, '\0');
  if (file.read_at(offset, bytes.data(), length) != length) {
    refuse_unreadable(file.name(), "", "another program changed it while it was read");
  }
  return bytes;
}

[[noreturn]] void refuse_end(const ArchiveFile& file) {
  refuse_unreadable(file.name(), "", "it does not end with a zip's directory: it is truncated, or something follows");
}

Location locate64(const ArchiveFile& file, std::uint64_t end_offset) {
  if (end_offset < kLocatorSize + kEnd64Size) refuse_end(file);
  const std::string locator = read_exactly(file, end_offset - kLocatorSize, kLocatorSize);
  const std::uint64_t offset = end_offset - kLocatorSize - kEnd64Size;
  if (little_endian(locator, 0, 4) != kLocatorSignature || little_endian(locator, 8, 8) != offset) refuse_end(file);
  const std::string end = read_exactly(file, offset, kEnd64Size);
  const std::uint64_t count = little_endian(end, 32, 8);
  if (little_endian(end, 0, 4) != kEnd64Signature || little_endian(end, 4, 8) != kEnd64Size - 12 ||
      little_endian(end, 16, 8) != 0 || little_endian(end, 24, 8) != count) {
    refuse_end(file);
  }
  const std::uint64_t begin = little_endian(end, 48, 8);
  if (begin > offset || offset - begin != little_endian(end, 40, 8)) refuse_end(file);
  return {.count = count, .begin = begin, .end = offset};
}

Location locate(const ArchiveFile& file) {
  if (file.size() < kEndSize) refuse_end(file);
  const std::uint64_t offset = file.size() - kEndSize;
  const std::string end = read_exactly(file, offset, kEndSize);
  const std::uint64_t count = little_endian(end, 8, 2), size = little_endian(end, 12, 4);
  const std::uint64_t begin = little_endian(end, 16, 4);
  if (little_endian(end, 0, 4) != kEndSignature || little_endian(end, 4, 4) != 0 || little_endian(end, 20, 2) != 0 ||
      little_endian(end, 10, 2) != count) {
    refuse_end(file);
  }
  if (count == kNone16 || size == kNone32 || begin == kNone32) return locate64(file, offset);
  if (begin > offset || offset - begin != size) refuse_end(file);
  return {.count = count, .begin = begin, .end = offset};
}

std::int64_t seconds_of(std::uint64_t date, std::uint64_t time) {
  // Days from the civil calendar: years begin in March, so that the leap day comes last.
  const std::int64_t month = std::clamp<std::int64_t>(static_cast<std::int64_t>(date >> 5 & 15), 1, 12);
  const std::int64_t day = std::max<std::int64_t>(1, static_cast<std::int64_t>(date & 31));
  const std::int64_t year = 1980 + static_cast<std::int64_t>(date >> 9) - (month <= 2 ? 1 : 0);
  const std::int64_t days_in_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t days = year * 365 + year / 4 - year / 100 + year / 400 + days_in_year - 719468;
  const std::int64_t seconds = static_cast<std::int64_t>((time >> 11) * 3600 + (time >> 5 & 63) * 60 + (time & 31) * 2);
  return days * 86400 + seconds;
}

/// Takes from the zip64 field what the short fields leave out. False when it is missing.
bool apply_zip64(std::string_view extra, ZipMember& member) {
  std::string_view field;
  while (extra.size() >= 4) {
    const std::size_t length = static_cast<std::size_t>(little_endian(extra, 2, 2));
    if (length > extra.size() - 4) return false;
    if (little_endian(extra, 0, 2) == 1) field = extra.substr(4, length);
    extra.remove_prefix(4 + length);
  }
  for (std::uint64_t* value : {&member.unpacked, &member.packed, &member.offset}) {
    if (*value != kNone32) continue;
    if (field.size() < 8) return false;
    *value = little_endian(field, 0, 8);
    field.remove_prefix(8);
  }
  return true;
}

class DirectoryParser {
 public:
  DirectoryParser(const ArchiveFile& file, std::string_view bytes) : file_(file), rest_(bytes) {}

  ZipMember next() {
    if (rest_.size() < kCentralSize || little_endian(rest_, 0, 4) != kCentralSignature) refuse("it is truncated");
    const auto length = [&](std::size_t at) { return static_cast<std::size_t>(little_endian(rest_, at, 2)); };
    const std::size_t name = length(28), extra = length(30), comment = length(32);
    if (rest_.size() - kCentralSize < name + extra + comment) refuse("it is truncated");
    ZipMember member{.name = std::string(rest_.substr(kCentralSize, name)),
                     .method = static_cast<std::uint16_t>(little_endian(rest_, 10, 2)),
                     .flags = static_cast<std::uint16_t>(little_endian(rest_, 8, 2)),
                     .crc = static_cast<std::uint32_t>(little_endian(rest_, 16, 4)),
                     .packed = little_endian(rest_, 20, 4),
                     .unpacked = little_endian(rest_, 24, 4),
                     .offset = little_endian(rest_, 42, 4),
                     .mtime_seconds = seconds_of(little_endian(rest_, 14, 2), little_endian(rest_, 12, 2))};
    constexpr std::uint64_t kUnix = 3, kDarwin = 19;
    const std::uint64_t system = little_endian(rest_, 5, 1);
    if (system == kUnix || system == kDarwin)
      member.unix_mode = static_cast<std::uint32_t>(little_endian(rest_, 40, 2));
    if (!apply_zip64(rest_.substr(kCentralSize + name, extra), member)) refuse("a size is missing");
    if ((member.flags & kEncrypted) != 0) refuse_unreadable(file_.name(), member.name, "it is encrypted");
    if (member.method != ZipMember::kStored && member.method != ZipMember::kDeflated) {
      refuse_unreadable(file_.name(), member.name,
                        "its compression method is " + std::to_string(member.method) + ", neither stored nor deflated");
    }
    if (member.method == ZipMember::kStored && member.packed != member.unpacked) refuse("a stored size is wrong");
    rest_.remove_prefix(kCentralSize + name + extra + comment);
    return member;
  }
  void at_end() const {
    if (!rest_.empty()) refuse("something stands between its records");
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    refuse_unreadable(file_.name(), "", "its zip directory is damaged: " + why);
  }
  const ArchiveFile& file_;
  std::string_view rest_;
};

void set_limits(std::vector<ZipMember>& members, std::uint64_t directory, const std::string& file) {
  std::stable_sort(members.begin(), members.end(),
                   [](const ZipMember& left, const ZipMember& right) { return left.offset < right.offset; });
  for (std::size_t i = 0; i < members.size(); ++i) {
    ZipMember& member = members[i];
    member.limit = i + 1 < members.size() ? members[i + 1].offset : directory;
    const std::uint64_t header = kLocalSize + member.name.size();
    if (member.limit > directory || member.offset > member.limit || member.limit - member.offset < header ||
        member.limit - member.offset - header < member.packed) {
      refuse_unreadable(file, member.name, "it overlaps another member of the zip, or reaches beyond the file");
    }
  }
}

}  // namespace

ZipDirectory read_zip_directory(const ArchiveFile& file, const Limits& limits) {
  const Location location = locate(file);
  if (location.end - location.begin > kLargestDirectory || location.count > limits.max_entries) {
    refuse_too_large(file.name(), "", "its zip directory lists " + std::to_string(location.count) + " members");
  }
  const std::string bytes = read_exactly(file, location.begin, static_cast<std::size_t>(file.size() - location.begin));
  ZipDirectory directory{.range = {location.begin, file.size()}, .sha256 = core::sha256(bytes)};
  DirectoryParser parser(file, std::string_view(bytes).substr(0, location.end - location.begin));
  for (std::uint64_t i = 0; i < location.count; ++i) directory.members.push_back(parser.next());
  parser.at_end();
  set_limits(directory.members, location.begin, file.name());
  return directory;
}

std::uint64_t enter_member(ByteCursor& cursor, const ZipMember& member, const std::string& file) {
  const auto refuse = [&] {
    refuse_unreadable(file, member.name, "its header and the zip's directory tell two stories of it");
  };
  cursor.skip_to(member.offset);
  const std::string header = cursor.take(kLocalSize);
  if (header.size() != kLocalSize || little_endian(header, 0, 4) != kLocalSignature) refuse();
  const auto agrees = [&](std::size_t at, std::uint64_t want) {
    const std::uint64_t have = little_endian(header, at, 4);
    return have == want || have == kNone32;  // a zip64 field holds it: the directory's is as good
  };
  const bool sizes_follow = (little_endian(header, 6, 2) & kSizesFollow) != 0;
  if (little_endian(header, 8, 2) != member.method || (little_endian(header, 6, 2) & kEncrypted) != 0) refuse();
  if (!sizes_follow &&
      (little_endian(header, 14, 4) != member.crc || !agrees(18, member.packed) || !agrees(22, member.unpacked))) {
    refuse();
  }
  if (cursor.take(static_cast<std::size_t>(little_endian(header, 26, 2))) != member.name) refuse();
  cursor.skip_to(cursor.offset() + little_endian(header, 28, 2));
  if (cursor.offset() > member.limit || member.limit - cursor.offset() < member.packed) refuse();
  return cursor.offset() + member.packed;
}

}  // namespace envlock::archive
