#include "entry_tree.h"

#include "make_archive.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;
using namespace envlock_test;
using Catch::Matchers::Contains;

namespace {

TarMember file_at(const std::string& name) {
  return {.name = name, .data = "x"};
}
TarMember symlink_to(const std::string& name, const std::string& target) {
  return {.name = name, .type = '2', .link = target};
}
TarMember directory(const std::string& name) {
  return {.name = name, .type = '5', .mode = 0755};
}

std::string refused(const std::vector<TarMember>& members) {
  const TemporaryFolder folder;
  return package_refusal(folder.write("x", conda(plain_info(), members)));
}

}  // namespace

TEST_CASE("two entries of one path are refused, folders excepted") {
  CHECK_THAT(refused({file_at("a"), file_at("a")}), Contains("archive-unsafe") && Contains("two entries of this path"));
  CHECK_THAT(refused({file_at("a"), file_at("./a")}), Contains("two entries of this path"));
  CHECK_THAT(refused({file_at("a"), symlink_to("a", "b")}), Contains("two entries of this path"));
  CHECK_THAT(refused({symlink_to("a", "b"), directory("a")}), Contains("two entries of this path"));
  CHECK_THAT(refused({directory("a"), file_at("a")}), Contains("two entries of this path"));
  CHECK(refused({directory("a"), directory("a/"), file_at("a/b")}) == "");
}

TEST_CASE("a path through a file or a symlink of the archive is refused, in either order") {
  CHECK_THAT(refused({file_at("a"), file_at("a/b")}), Contains("archive-unsafe") && Contains("which is a file"));
  CHECK_THAT(refused({file_at("a/b"), file_at("a")}), Contains("archive-unsafe") && Contains("another entry below"));
  CHECK_THAT(refused({symlink_to("a", "."), file_at("a/b")}),
             Contains("archive-unsafe") && Contains("which is a symlink"));
  CHECK_THAT(refused({symlink_to("a", "."), file_at("a/b/c/d")}), Contains("which is a symlink"));
  CHECK_THAT(refused({file_at("a/b"), symlink_to("a", "c")}), Contains("another entry below"));
  CHECK_THAT(refused({symlink_to("a", "c"), directory("a/b")}), Contains("which is a symlink"));
  CHECK_THAT(refused({symlink_to("a", "c"), {.name = "a/h", .type = '1', .link = "a"}}), Contains("archive-unsafe"));
}

TEST_CASE("a symlink may not leave through another one") {
  // By its words `d/b` points to the root; but `d/a` is the root's `e`, so that `d/a/..` is the root and `..` beyond.
  CHECK_THAT(refused({symlink_to("d/a", "../e"), symlink_to("d/b", "a/../..")}),
             Contains("archive-unsafe: entry `d/b`") && Contains("through another symlink"));
  CHECK_THAT(refused({symlink_to("d/b", "a/../.."), symlink_to("d/a", "../e")}), Contains("through another symlink"));
  CHECK(refused({symlink_to("d/a", "x/y"), symlink_to("d/b", "a/../..")}) == "");
  CHECK(refused({symlink_to("a", "b"), symlink_to("b", "a")}) == "");
  CHECK(refused({symlink_to("a", "a/../a/../a")}) == "");
}

TEST_CASE("symlinks that multiply are followed only so far") {
  std::vector<TarMember> members = {symlink_to("l0", "x")};
  for (int i = 1; i < 60; ++i) {
    std::string target;
    for (int j = 0; j < 20; ++j) target.append("l").append(std::to_string(i - 1)).append("/../");
    members.push_back(symlink_to(std::string("l").append(std::to_string(i)), target.substr(0, 99)));
  }
  CHECK(refused(members) == "");
}
