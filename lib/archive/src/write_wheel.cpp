#include "envlock/archive/write_wheel.h"

#include <array>
#include <cstdint>

#include "failure.h"
#include "little_endian.h"

namespace envlock::archive {
namespace {

constexpr std::uint64_t kMostMembers = 0xFFFE;
constexpr std::uint64_t kMostBytes = 0xFFFF'FFFE;
constexpr std::uint64_t kFirstDay = 1 << 5 | 1;  // 1980-01-01 in the date of a zip
constexpr std::uint64_t kRegularFile = 0100000;
constexpr std::uint64_t kUtf8 = 1 << 11;

/// For each byte, what the bits that it pushes out of the register do to the rest.
constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? value >> 1 ^ 0xEDB8'8320U : value >> 1;
    table[i] = value;
  }
  return table;
}

std::uint32_t crc_of(std::string_view bytes) {
  static constexpr std::array<std::uint32_t, 256> kTable = crc_table();
  std::uint32_t crc = 0xFFFF'FFFF;
  for (const char c : bytes) crc = crc >> 8 ^ kTable[(crc ^ static_cast<unsigned char>(c)) & 0xFF];
  return ~crc;
}

/// What the header before a file and its record in the directory have in common.
std::string shared_fields(const WheelMember& member) {
  std::string fields;
  append_little_endian(fields, 20, 2);  // the version of the format that a reader needs
  append_little_endian(fields, kUtf8, 2);
  append_little_endian(fields, 0, 2);  // stored
  append_little_endian(fields, 0, 2);  // midnight
  append_little_endian(fields, kFirstDay, 2);
  append_little_endian(fields, crc_of(member.bytes), 4);
  append_little_endian(fields, member.bytes.size(), 4);
  append_little_endian(fields, member.bytes.size(), 4);
  append_little_endian(fields, member.path.size(), 2);
  append_little_endian(fields, 0, 2);  // no extra field
  return fields;
}

void refuse_if_too_large(const std::vector<WheelMember>& members) {
  std::uint64_t size = 0;
  for (const WheelMember& member : members) size += member.bytes.size() + 2 * member.path.size() + 128;
  if (members.size() > kMostMembers || size > kMostBytes) {
    refuse_too_large(
        "a wheel to be made", "",
        "it would hold " + std::to_string(members.size()) + " files of " + std::to_string(size) + " bytes");
  }
}

}  // namespace

std::string write_wheel(const std::vector<WheelMember>& members) {
  refuse_if_too_large(members);
  std::string zip, directory;
  for (const WheelMember& member : members) {
    const std::uint64_t offset = zip.size();
    const std::string fields = shared_fields(member);
    zip += "PK\3\4" + fields + member.path + member.bytes;
    directory += "PK\1\2";
    append_little_endian(directory, 3 << 8 | 20, 2);  // written on a Unix, whose modes follow
    directory += fields;
    append_little_endian(directory, 0, 2);  // no comment
    append_little_endian(directory, 0, 2);  // the first disk
    append_little_endian(directory, 0, 2);
    append_little_endian(directory, (kRegularFile | (member.executable ? 0755U : 0644U)) << 16, 4);
    append_little_endian(directory, offset, 4);
    directory += member.path;
  }
  const std::uint64_t begin = zip.size();
  zip += directory + "PK\5\6";
  append_little_endian(zip, 0, 4);  // one disk
  append_little_endian(zip, members.size(), 2);
  append_little_endian(zip, members.size(), 2);
  append_little_endian(zip, directory.size(), 4);
  append_little_endian(zip, begin, 4);
  append_little_endian(zip, 0, 2);  // no comment
  return zip;
}

}  // namespace envlock::archive
