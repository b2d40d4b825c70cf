#include "listing.h"

#include "little_endian.h"
#include "support/catch.h"

using namespace envlock;
using archive::EntryKind;
using archive::format_listing;
using archive::format_stamps;
using archive::parse_listing;
using archive::parse_stamps;

namespace {

archive::Unpacked sample() {
  archive::Unpacked package{.package = core::sha256("package"), .package_size = 1'000'000'000'000};
  package.files = {
      {.entry = {.path = "bin/tool", .mode = 0755, .size = 7, .mtime_seconds = -1}, .sha256 = core::sha256("content")},
      {.entry = {.path = "empty-folder", .kind = EntryKind::directory, .mode = 0700}},
      {.entry = {.path = "lib/a.so", .kind = EntryKind::symlink, .mode = 0777, .link_target = "a.so.1"}}};
  return package;
}

std::string with_checksum(std::string bytes) {
  bytes.resize(bytes.size() - 32);
  const core::Sha256 digest = core::sha256(bytes);
  return bytes.append(reinterpret_cast<const char*>(digest.bytes.data()), 32);
}

}  // namespace

TEST_CASE("a listing reads as it was written") {
  const std::optional<archive::Unpacked> read = parse_listing(format_listing(sample()));
  REQUIRE(read);
  CHECK(read->package == sample().package);
  CHECK(read->package_size == sample().package_size);
  CHECK(read->files == sample().files);
  CHECK(parse_listing(format_listing({}))->files.empty());
}

TEST_CASE("a listing that is damaged anywhere is none") {
  const std::string bytes = format_listing(sample());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    CHECK(!parse_listing(bytes.substr(0, i)));
    std::string flipped = bytes;
    flipped[i] ^= 0x10;
    CHECK(!parse_listing(flipped));
  }
  CHECK(!parse_listing(bytes + "x"));
}

TEST_CASE("a listing with a right checksum and wrong content is none") {
  const std::string bytes = format_listing(sample());
  REQUIRE(parse_listing(with_checksum(bytes)));
  for (std::size_t i = 0; i + 32 < bytes.size(); ++i) {
    for (const char flip : {'\x01', '\x80'}) {
      std::string changed = bytes;
      changed[i] ^= flip;
      const std::optional<archive::Unpacked> read = parse_listing(with_checksum(changed));
      if (!read) continue;
      for (const archive::UnpackedFile& file : read->files) {
        CHECK(!file.entry.path.empty());
        CHECK(file.entry.mode <= 0777);
      }
    }
  }
  for (const char* path : {"/etc/passwd", "../x", "a/../../x", "a//b", "", "a\nb"}) {
    archive::Unpacked package = sample();
    package.files = {{.entry = {.path = path}}};
    CHECK(!parse_listing(format_listing(package)));
  }
  archive::Unpacked package = sample();
  package.files[2].entry.link_target = "../../etc";
  CHECK(!parse_listing(format_listing(package)));
  package = sample();
  std::swap(package.files[0], package.files[1]);
  CHECK(!parse_listing(format_listing(package)));
  package = sample();
  package.files[0].entry.mode = 04755;
  CHECK(!parse_listing(format_listing(package)));
}

TEST_CASE("stamps belong to one listing") {
  const core::Sha256 listing = archive::identity_of(format_listing(sample()));
  archive::Unpacked package = sample();
  package.files[0].stamp = {1, 2, 3, -4, 5};
  std::vector<archive::FileStamp> stamps;
  for (const archive::UnpackedFile& file : package.files) stamps.push_back(file.stamp);
  const std::string bytes = format_stamps(listing, stamps);
  archive::Unpacked read = sample();
  REQUIRE(parse_stamps(bytes, listing, read.files));
  CHECK(read.files == package.files);
  archive::Unpacked other = sample();
  other.package_size = 5;
  CHECK(!parse_stamps(bytes, archive::identity_of(format_listing(other)), read.files));
  read.files.pop_back();
  CHECK(!parse_stamps(bytes, listing, read.files));
  read = sample();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string flipped = bytes;
    flipped[i] ^= 1;
    CHECK(!parse_stamps(flipped, listing, read.files));
    CHECK(!parse_stamps(bytes.substr(0, i), listing, read.files));
  }
  CHECK(read.files == sample().files);
}
