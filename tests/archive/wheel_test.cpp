#include "envlock/archive/write_wheel.h"
#include "make_archive.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;
using namespace envlock_test;
using archive::EntryKind;
using Catch::Matchers::Contains;

namespace {

std::string refused(const std::vector<ZipEntry>& entries) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.write("x.whl", zip(entries));
  return refusal([&] {
    Recorder recorder;
    archive::read_wheel(file, recorder);
  });
}

}  // namespace

TEST_CASE("a wheel gives every entry with its mode") {
  const TemporaryFolder folder;
  const std::string bytes =
      zip({{.name = "x/__init__.py", .data = "pass\n", .deflated = true},
           {.name = "x/tool", .data = std::string(100'000, 't'), .deflated = true, .unix_mode = 0100755},
           {.name = "x/data/", .unix_mode = 0},
           {.name = "x/data/empty", .unix_mode = 0},
           {.name = "x-1.dist-info/RECORD", .data = "r", .sizes_follow = true}});
  Recorder recorder;
  CHECK(archive::read_wheel(folder.write("x.whl", bytes), recorder).sha256 == core::sha256(bytes));
  REQUIRE(recorder.entries.size() == 5);
  CHECK(recorder.files.at("x/__init__.py") == "pass\n");
  CHECK(recorder.files.at("x/tool") == std::string(100'000, 't'));
  CHECK(recorder.files.at("x-1.dist-info/RECORD") == "r");
  CHECK(recorder.entries[1].mode == 0755);
  CHECK(recorder.entries[2].kind == EntryKind::directory);
  CHECK(recorder.entries[2].mode == 0755);
  CHECK(recorder.entries[3] == archive::Entry{.path = "x/data/empty", .mode = 0644, .mtime_seconds = 1'709'337'600});
}

TEST_CASE("a wheel with names that lead outside is refused") {
  for (const char* name : {"/a", "../a", "a/../../b", "a\nb", "..\\a", ""}) {
    INFO(name);
    CHECK_THAT(refused({{.name = name}}), Contains("archive-unsafe"));
  }
  CHECK_THAT(refused({{.name = "a"}, {.name = "./a"}}), Contains("two entries of this path"));
  CHECK_THAT(refused({{.name = "a"}, {.name = "a/b"}}), Contains("which is a file"));
}

TEST_CASE("a wheel holds files and folders only") {
  CHECK_THAT(refused({{.name = "a", .data = "b", .unix_mode = 0120777}}),
             Contains("archive-unsafe") && Contains("symlink"));
  CHECK_THAT(refused({{.name = "a", .unix_mode = 0020666}}), Contains("archive-unsafe"));
  CHECK_THAT(refused({{.name = "a", .unix_mode = 0040755}}), Contains("archive-unsafe"));
  CHECK_THAT(refused({{.name = "a/", .data = "data"}}), Contains("archive-unreadable"));
}

TEST_CASE("a wheel whose data is not what its zip says is refused") {
  for (const bool deflated : {false, true}) {
    CHECK_THAT(refused({{.name = "a", .data = "abc", .deflated = deflated, .wrong_crc = 1}}),
               Contains("archive-unreadable: entry `a`"));
  }
  const TemporaryFolder folder;
  std::string bytes = zip({{.name = "a", .data = std::string(5000, 'a'), .deflated = true}});
  bytes[31] = '\x07';  // the first bits of the deflate data: no block of this kind exists
  const std::filesystem::path file = folder.write("x.whl", bytes);
  Recorder recorder;
  CHECK_THAT(refusal([&] { archive::read_wheel(file, recorder); }), Contains("archive-unreadable"));
}

TEST_CASE("a wheel that was written is read again, and has the same bytes every time") {
  const std::vector<archive::WheelMember> members = {
      {"x/__init__.py", "pass\n"}, {"x/tool", std::string(100'000, 't'), true}, {"x/\xC3\xA4.txt", ""}};
  const std::string bytes = archive::write_wheel(members);
  CHECK(bytes == archive::write_wheel(members));
  const TemporaryFolder folder;
  Recorder recorder;
  CHECK(archive::read_wheel(folder.write("x.whl", bytes), recorder).sha256 == core::sha256(bytes));
  REQUIRE(recorder.entries.size() == 3);
  CHECK(recorder.files.at("x/tool") == std::string(100'000, 't'));
  CHECK(recorder.entries[1].mode == 0755);
  CHECK(recorder.entries[2] == archive::Entry{.path = "x/\xC3\xA4.txt", .mode = 0644, .mtime_seconds = 315'532'800});
}
