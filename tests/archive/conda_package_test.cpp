#include "make_archive.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;
using namespace envlock_test;
using Catch::Matchers::Contains;

namespace {

const std::string kInfo = zstd(tar(plain_info()));
const std::string kPkg = zstd(tar({{.name = "a", .data = "a"}}));

std::string refused(const std::vector<ZipEntry>& members) {
  const TemporaryFolder folder;
  return package_refusal(folder.write("x.conda", zip(members)));
}

}  // namespace

TEST_CASE("a .conda has one part of each kind") {
  const ZipEntry info{.name = "info-x-1-0.tar.zst", .data = kInfo}, pkg{.name = "pkg-x-1-0.tar.zst", .data = kPkg};
  CHECK(refused({info, pkg}) == "");
  CHECK_THAT(refused({info}), Contains("archive-unreadable") && Contains("no part `pkg-"));
  CHECK_THAT(refused({pkg}), Contains("archive-unreadable") && Contains("no part `info-"));
  CHECK_THAT(refused({}), Contains("archive-unreadable"));
  CHECK_THAT(refused({info, pkg, pkg}), Contains("archive-unsafe") && Contains("two members of this name"));
  CHECK_THAT(refused({info, pkg, {.name = "pkg-y-1-0.tar.zst", .data = kPkg}}),
             Contains("archive-unsafe") && Contains("two parts of this kind"));
  CHECK_THAT(refused({info, {.name = "pkg-y-1-0.tar.zst", .data = kPkg}}),
             Contains("archive-unsafe") && Contains("different names"));
}

TEST_CASE("members of a .conda lie in no folder") {
  const ZipEntry info{.name = "info-x-1-0.tar.zst", .data = kInfo}, pkg{.name = "pkg-x-1-0.tar.zst", .data = kPkg};
  for (const char* name : {"a/b", "../b", "/b", "a\\b", ""}) {
    INFO(name);
    CHECK_THAT(refused({info, pkg, {.name = name}}), Contains("archive-unsafe") && Contains("lies in a folder"));
  }
}

TEST_CASE("each part of a .conda holds its own") {
  const TemporaryFolder folder;
  const auto check = [&](const std::vector<TarMember>& info, const std::vector<TarMember>& pkg) {
    return package_refusal(folder.write("x.conda", conda(info, pkg)));
  };
  CHECK_THAT(check({{.name = "bin/a"}}, {}), Contains("archive-unsafe") && Contains("outside info/"));
  CHECK_THAT(check({{.name = "information"}}, {}), Contains("archive-unsafe") && Contains("outside info/"));
  CHECK_THAT(check(plain_info(), {{.name = "info/link.json"}}), Contains("archive-unsafe") && Contains("describes"));
  // conda-build puts licenses into the pkg part.
  CHECK(check(plain_info(), {{.name = "info/licenses/LICENSE"}}) == "");
  CHECK_THAT(check({{.name = "info/licenses/A"}}, {{.name = "info/licenses/A"}}), Contains("two entries of this path"));
}

TEST_CASE("a wrong checksum in the zip is found") {
  const ZipEntry info{.name = "info-x-1-0.tar.zst", .data = kInfo};
  for (const bool deflated : {false, true}) {
    CHECK_THAT(refused({info, {.name = "pkg-x-1-0.tar.zst", .data = kPkg, .deflated = deflated, .wrong_crc = 1}}),
               Contains("archive-unreadable"));
    CHECK_THAT(refused({info,
                        {.name = "metadata.json", .data = "{}", .deflated = deflated, .wrong_crc = 1},
                        {.name = "pkg-x-1-0.tar.zst", .data = kPkg}}),
               Contains("archive-unreadable"));
  }
}

TEST_CASE("a checksum in the zip is left to the caller's hash where he asks for it, and for stored members alone") {
  const ZipEntry info{.name = "info-x-1-0.tar.zst", .data = kInfo};
  for (const bool deflated : {false, true}) {
    const TemporaryFolder folder;
    const auto file = folder.write(
        "x.conda", zip({info, {.name = "pkg-x-1-0.tar.zst", .data = kPkg, .deflated = deflated, .wrong_crc = 1}}));
    Recorder recorder;
    const auto read = [&] {
      return archive::read_package(file, archive::Part::all, recorder, {}, archive::Hashes::sha256,
                                   archive::Checksums::left_to_hash);
    };
    if (deflated) {
      CHECK_THROWS_AS(read(), core::Error);
    } else {
      CHECK(read().sha256 == archive::hash_file(file).sha256);
      CHECK(recorder.files.at("a") == "a");
    }
  }
}
