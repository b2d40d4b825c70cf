#include "entry_path.h"

#include "make_archive.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;
using namespace envlock_test;
using archive::check_link_target;
using archive::check_path;
using Catch::Matchers::Contains;
using std::string_literals::operator""s;

TEST_CASE("names are normalized") {
  CHECK(check_path("a/b").path == "a/b");
  CHECK(check_path("./a//b/./c/").path == "a/b/c");
  CHECK(check_path("./").path == "");
  CHECK(check_path("...").path == "...");
  CHECK(check_path("lib/système").path == "lib/système");
  CHECK(check_path("system-systemd\\x2dcryptsetup.slice").wrong == "");
}

TEST_CASE("names that lead outside, or cannot be told from others, are refused") {
  for (const std::string& name : {""s,
                                  "/a"s,
                                  "//a"s,
                                  ".."s,
                                  "../a"s,
                                  "a/../b"s,
                                  "a/.."s,
                                  "a\0b"s,
                                  "a\nb"s,
                                  "a\x1b[2J"s,
                                  "a\x7f"s,
                                  "a\xff"s,
                                  "\xc0\xaf"s,
                                  "..\\a"s,
                                  "a\\..\\b"s,
                                  "\\a"s,
                                  "C:\\a"s,
                                  "a/..\\b"s,
                                  std::string(256, 'x'),
                                  std::string(4000, '/') + "a"}) {
    INFO(name);
    CHECK(check_path(name).wrong != "");
  }
}

TEST_CASE("a symlink stays inside") {
  CHECK(check_link_target("lib/a", "b") == "");
  CHECK(check_link_target("lib/a", "../b") == "");
  CHECK(check_link_target("lib/x/a", "../../bin/./b") == "");
  for (const std::string& target : {""s, "/etc/passwd"s, "../../b"s, "../b/../../c"s, "a\0b"s, "a\nb"s, "\xff"s}) {
    INFO(target);
    CHECK(check_link_target("lib/a", target) != "");
  }
  CHECK_THAT(check_link_target("a", "../b"), Contains("outside the package"));
  CHECK_THAT(check_link_target("a", "/b"), Contains("absolute"));
}

TEST_CASE("an archive with such names is refused, and says which") {
  const TemporaryFolder folder;
  const auto check = [&](const TarMember& member) {
    const std::string bzipped = package_refusal(folder.write("x", bzip2(tar({member}))));
    CHECK(bzipped == package_refusal(folder.write("x", conda(plain_info(), {member}))));
    return bzipped;
  };
  CHECK_THAT(check({.name = "/etc/x"}), Contains("archive-unsafe: entry `/etc/x`: the name is absolute"));
  CHECK_THAT(check({.name = "a/../../x"}), Contains("archive-unsafe") && Contains("`..`"));
  CHECK_THAT(check({.name = ""}), Contains("archive-unsafe") && Contains("empty"));
  CHECK_THAT(check({.name = "."}), Contains("archive-unsafe") && Contains("must be a folder"));
  CHECK_THAT(check({.name = "a\x1b[2J"}), Contains("archive-unsafe: entry `a\\x1B[2J`", Catch::CaseSensitive::No));
  CHECK_THAT(check({.name = "l", .type = '2', .link = "../x"}), Contains("archive-unsafe") && Contains("outside"));
  CHECK_THAT(check({.name = "l", .type = '2', .link = "/x"}), Contains("archive-unsafe") && Contains("absolute"));
  CHECK_THAT(check({.name = "l", .type = '2'}), Contains("archive-unsafe") && Contains("points to nothing"));
  CHECK_THAT(check({.name = "n", .type = '3'}), Contains("archive-unsafe") && Contains("device node"));
  CHECK_THAT(check({.name = "n", .type = '4'}), Contains("archive-unsafe") && Contains("device node"));
  CHECK_THAT(check({.name = "n", .type = '6'}), Contains("archive-unsafe") && Contains("named pipe"));
  CHECK_THAT(check({.name = "n", .type = 's'}), Contains("archive-unsafe") && Contains("neither a file"));
  CHECK_THAT(check({.name = "h", .type = '1', .link = "/etc/passwd"}), Contains("archive-unsafe"));
  CHECK_THAT(check({.name = "h", .type = '1', .link = "../x"}), Contains("archive-unsafe"));
  CHECK_THAT(check({.name = "h", .type = '1', .link = "nothing"}), Contains("archive-unsafe") && Contains("no file"));
  CHECK_THAT(check({.name = "h", .type = '1', .link = "h"}), Contains("archive-unsafe") && Contains("no file"));
}
