#include "zip_directory.h"

#include "little_endian.h"
#include "make_archive.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;
using namespace envlock_test;
using archive::append_little_endian;
using Catch::Matchers::Contains;

namespace {

std::string refused(const std::string& bytes, const archive::Limits& limits = {}) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.write("x", bytes);
  return refusal([&] {
    Recorder recorder;
    archive::read_wheel(file, recorder, limits);
  });
}

/// The zip with `bytes` at `offset` of record number `index` of its directory.
std::string with(std::string zip, int index, std::size_t offset, std::string_view bytes) {
  std::size_t at = 0;
  for (int i = 0; i <= index; ++i) at = zip.find("PK\x01\x02", at + 1);
  return zip.replace(at + offset, bytes.size(), bytes);
}

const std::string kZip = zip({{.name = "a", .data = "aaaa"}, {.name = "b", .data = "bb"}});

}  // namespace

TEST_CASE("a zip's directory gives its members in the order of their bytes") {
  const TemporaryFolder folder;
  const archive::ArchiveFile file(folder.write("x", kZip));
  const archive::ZipDirectory directory = archive::read_zip_directory(file, {});
  REQUIRE(directory.members.size() == 2);
  CHECK(directory.members[0].name == "a");
  CHECK(directory.members[0].packed == 4);
  CHECK(directory.members[0].limit == directory.members[1].offset);
  CHECK(directory.members[0].unix_mode == 0100644);
  CHECK(directory.members[0].mtime_seconds == 1'709'337'600);  // 2024-03-02T00:00:00Z
  CHECK(directory.members[1].limit == directory.range.begin);
  CHECK(directory.range.end == kZip.size());
}

TEST_CASE("a zip64 directory is read") {
  std::string bytes = kZip.substr(0, kZip.size() - 22);
  const std::size_t begin = bytes.find("PK\x01\x02"), end = bytes.size();
  bytes += "PK\x06\x06";
  append_little_endian(bytes, 44, 8);
  append_little_endian(bytes, 45, 2);
  append_little_endian(bytes, 45, 2);
  append_little_endian(bytes, 0, 8);
  append_little_endian(bytes, 2, 8);
  append_little_endian(bytes, 2, 8);
  append_little_endian(bytes, end - begin, 8);
  append_little_endian(bytes, begin, 8);
  bytes += "PK\x06\x07";
  append_little_endian(bytes, 0, 4);
  append_little_endian(bytes, end, 8);
  append_little_endian(bytes, 1, 4);
  bytes += "PK\x05\x06";
  append_little_endian(bytes, 0, 4);
  append_little_endian(bytes, ~0U, 4);
  append_little_endian(bytes, ~std::uint64_t{0}, 8);
  append_little_endian(bytes, 0, 2);
  CHECK(refused(bytes) == "");
  bytes[end + 48] ^= 1;  // where the directory begins
  CHECK_THAT(refused(bytes), Contains("archive-unreadable"));
}

TEST_CASE("a zip that tools would read in different ways is refused") {
  CHECK(refused(kZip) == "");
  const std::string comment = kZip.substr(0, kZip.size() - 2) + std::string("\x01\0x", 3);
  CHECK_THAT(refused(comment), Contains("archive-unreadable"));
  CHECK_THAT(refused("x" + kZip), Contains("archive-unreadable"));
  CHECK_THAT(refused(with(kZip, 0, 46, "b")), Contains("tell two stories"));
  CHECK_THAT(refused(with(kZip, 0, 16, "x")), Contains("tell two stories"));                         // CRC
  CHECK_THAT(refused(with(kZip, 1, 42, std::string(4, '\0'))), Contains("overlaps"));                // offset
  CHECK_THAT(refused(with(kZip, 1, 20, "\xff\xff\xff\x7f\xff\xff\xff\x7f")), Contains("overlaps"));  // sizes
  CHECK_THAT(refused(with(kZip, 1, 42, "\xf0\xff\xff\x7f")), Contains("overlaps"));
  CHECK_THAT(refused(with(kZip, 1, 42, "\xff\xff\xff\xff")), Contains("a size is missing"));
  CHECK_THAT(refused(with(kZip, 0, 24, "\x05")), Contains("a stored size is wrong"));
  CHECK_THAT(refused(with(kZip, 0, 8, "\x01")), Contains("encrypted"));
  CHECK_THAT(refused(with(kZip, 0, 10, "\x0c")), Contains("compression method is 12"));
  CHECK_THAT(refused(with(kZip, 1, 32, "\x01")), Contains("truncated"));  // length of the comment
}

TEST_CASE("a directory of too many members is refused") {
  CHECK_THAT(refused(kZip, {.max_entries = 1}), Contains("archive-too-large"));
}
