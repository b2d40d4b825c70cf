#include "envlock/pypi/tags.h"

#include <algorithm>
#include <string>

#include "support/catch.h"

using envlock::pypi::parse_wheel_name;
using envlock::pypi::TagPlatform;
using envlock::pypi::Tags;

namespace {

TagPlatform glibc(const std::string& version, const std::string& subdir = "linux-64") {
  return {.subdir = subdir, .glibc_version = version};
}

bool has(const Tags& tags, const std::string& tag) {
  return std::find(tags.all().begin(), tags.all().end(), tag) != tags.all().end();
}

bool fits(const std::string& tags, const std::string& python, const TagPlatform& platform) {
  const auto wheel = parse_wheel_name("foo-1.0-" + tags + ".whl");
  REQUIRE(wheel);
  return Tags(python, platform).rank(*wheel).has_value();
}

std::uint32_t rank(const Tags& tags, const std::string& tag) {
  const auto rank = tags.rank(*parse_wheel_name("foo-1.0-" + tag + ".whl"));
  REQUIRE(rank);
  return *rank;
}

}  // namespace

TEST_CASE("the best tag is the interpreter's own, the last is the oldest pure one") {
  const Tags tags("3.12.7", glibc("2.28"));
  // As packaging 26.4 lists them: 27 platforms for cp312 thrice, for eleven older ones with abi3, and so on.
  CHECK(tags.all().front() == "cp312-cp312-linux_x86_64");
  CHECK(tags.all()[1] == "cp312-cp312-manylinux_2_28_x86_64");
  CHECK(tags.all().back() == "py30-none-any");
  CHECK(rank(tags, "cp312-cp312-manylinux_2_28_x86_64") < rank(tags, "cp312-cp312-manylinux2014_x86_64"));
  CHECK(rank(tags, "cp312-cp312-manylinux_2_17_x86_64") + 1 == rank(tags, "cp312-cp312-manylinux2014_x86_64"));
  CHECK(rank(tags, "cp312-cp312-manylinux1_x86_64") < rank(tags, "cp312-abi3-linux_x86_64"));
  CHECK(rank(tags, "cp312-abi3-linux_x86_64") < rank(tags, "cp312-none-linux_x86_64"));
  CHECK(rank(tags, "cp312-none-linux_x86_64") < rank(tags, "cp311-abi3-linux_x86_64"));
  CHECK(rank(tags, "cp32-abi3-manylinux1_x86_64") < rank(tags, "py312-none-linux_x86_64"));
  CHECK(rank(tags, "py30-none-manylinux1_x86_64") < rank(tags, "cp312-none-any"));
  CHECK(rank(tags, "cp312-none-any") < rank(tags, "py312-none-any"));
  CHECK(rank(tags, "py312-none-any") < rank(tags, "py3-none-any"));
  CHECK(rank(tags, "py3-none-any") < rank(tags, "py311-none-any"));
  CHECK(rank(tags, "py2.py3-none-any") == rank(tags, "py3-none-any"));
  CHECK(rank(tags, "cp312-cp312-manylinux_2_17_x86_64.manylinux_2_28_x86_64") == 1);
}

TEST_CASE("pure wheels fit every machine of their python") {
  for (const char* tags :
       {"py3-none-any", "py2.py3-none-any", "py312-none-any", "py38-none-any", "cp312-none-any", "1-py3-none-any"}) {
    CHECK(fits(tags, "3.12", glibc("", "linux-riscv64")));
    CHECK(fits(tags, "3.12", {.subdir = "win-64"}));
    CHECK(fits(tags, "3.12", {.subdir = "zos-z"}));
  }
  for (const char* tags : {"py2-none-any", "py313-none-any", "cp311-none-any", "pp310-none-any", "py-none-any"}) {
    CHECK_FALSE(fits(tags, "3.12", glibc("2.28")));
  }
}

TEST_CASE("binary wheels fit their interpreter and those of the stable ABI") {
  const TagPlatform here = glibc("2.28");
  CHECK(fits("cp312-cp312-manylinux_2_17_x86_64", "3.12", here));
  CHECK(fits("cp37-cp37m-manylinux1_x86_64", "3.7", here));
  CHECK(fits("cp38-abi3-manylinux2014_x86_64", "3.12", here));
  CHECK(fits("cp312-abi3-linux_x86_64", "3.12", here));
  CHECK_FALSE(fits("cp313-abi3-manylinux2014_x86_64", "3.12", here));
  CHECK_FALSE(fits("cp311-cp311-manylinux_2_17_x86_64", "3.12", here));
  CHECK_FALSE(fits("cp312-cp311-manylinux_2_17_x86_64", "3.12", here));
  CHECK_FALSE(fits("cp312-cp312d-manylinux_2_17_x86_64", "3.12", here));
}

TEST_CASE("a free-threaded python takes only what was built for it") {
  const TagPlatform here = glibc("2.28");
  CHECK(fits("cp313-cp313t-manylinux_2_17_x86_64", "3.13t", here));
  CHECK(fits("cp313-cp313t-manylinux_2_17_x86_64", "3.13.1t", here));
  CHECK(fits("py3-none-any", "3.13t", here));
  CHECK(fits("cp313-abi3.abi3t-manylinux_2_17_x86_64", "3.13t", here));
  CHECK_FALSE(fits("cp313-cp313-manylinux_2_17_x86_64", "3.13t", here));
  CHECK_FALSE(fits("cp38-abi3-manylinux_2_17_x86_64", "3.13t", here));
  CHECK_FALSE(fits("cp313-cp313t-manylinux_2_17_x86_64", "3.13", here));
}

TEST_CASE("the glibc and the machine must be there") {
  CHECK(fits("py3-none-manylinux_2_28_x86_64", "3.12", glibc("2.28")));
  CHECK(fits("py3-none-manylinux2010_x86_64", "3.12", glibc("2.28")));
  CHECK(fits("py3-none-manylinux_2_39_x86_64.manylinux2014_x86_64", "3.12", glibc("2.28")));
  CHECK(fits("py3-none-manylinux_2_17_aarch64", "3.12", glibc("2.28", "linux-aarch64")));
  CHECK(fits("py3-none-manylinux1_i686", "3.12", glibc("2.17", "linux-32")));
  CHECK(fits("py3-none-linux_x86_64", "3.12", glibc("")));
  CHECK_FALSE(fits("py3-none-manylinux_2_29_x86_64", "3.12", glibc("2.28")));
  CHECK_FALSE(fits("py3-none-manylinux_2_17_aarch64", "3.12", glibc("2.28")));
  CHECK_FALSE(fits("py3-none-manylinux2010_aarch64", "3.12", glibc("2.28", "linux-aarch64")));
  CHECK_FALSE(fits("py3-none-manylinux_2_17_x86_64", "3.12", glibc("")));
  CHECK_FALSE(fits("py3-none-manylinux_3_0_x86_64", "3.12", glibc("2.28")));
  CHECK_FALSE(fits("py3-none-musllinux_1_2_x86_64", "3.12", glibc("2.28")));
  CHECK_FALSE(fits("py3-none-win_amd64", "3.12", glibc("2.28")));
}

TEST_CASE("musl has tags of its own") {
  const TagPlatform musl{.subdir = "linux-64", .musl_version = "1.2"};
  CHECK(fits("cp312-cp312-musllinux_1_2_x86_64", "3.12", musl));
  CHECK(fits("cp312-cp312-musllinux_1_1_x86_64", "3.12", musl));
  CHECK_FALSE(fits("cp312-cp312-musllinux_1_3_x86_64", "3.12", musl));
  CHECK_FALSE(fits("cp312-cp312-manylinux_2_17_x86_64", "3.12", musl));
}

TEST_CASE("macOS takes what was built for older systems and for both processors") {
  const TagPlatform arm{.subdir = "osx-arm64", .osx_version = "14.5"};
  CHECK(fits("cp312-cp312-macosx_11_0_arm64", "3.12", arm));
  CHECK(fits("cp312-cp312-macosx_14_0_universal2", "3.12", arm));
  CHECK(fits("cp312-cp312-macosx_10_9_universal2", "3.12", arm));
  CHECK_FALSE(fits("cp312-cp312-macosx_15_0_arm64", "3.12", arm));
  CHECK_FALSE(fits("cp312-cp312-macosx_10_9_x86_64", "3.12", arm));
  CHECK_FALSE(fits("cp312-cp312-macosx_10_16_arm64", "3.12", arm));
  const TagPlatform intel{.subdir = "osx-64", .osx_version = "12.0"};
  CHECK(fits("cp312-cp312-macosx_10_9_x86_64", "3.12", intel));
  CHECK(fits("cp312-cp312-macosx_10_9_universal2", "3.12", intel));
  CHECK(fits("cp312-cp312-macosx_10_6_intel", "3.12", intel));
  CHECK_FALSE(fits("cp312-cp312-macosx_11_0_arm64", "3.12", intel));
  CHECK_FALSE(fits("cp312-cp312-macosx_10_16_x86_64", "3.12", {.subdir = "osx-64", .osx_version = "10.15"}));
  CHECK(fits("cp312-cp312-macosx_10_15_x86_64", "3.12", {.subdir = "osx-64", .osx_version = "10.15"}));
}

TEST_CASE("Windows has one tag") {
  CHECK(fits("cp312-cp312-win_amd64", "3.12", {.subdir = "win-64"}));
  CHECK(fits("cp312-cp312-win_arm64", "3.12", {.subdir = "win-arm64"}));
  CHECK_FALSE(fits("cp312-cp312-win32", "3.12", {.subdir = "win-64"}));
}

TEST_CASE("without a version of python nothing fits") {
  for (const char* python : {"", "3", "x", "3.", "-3.1", "3.100", "t"})
    CHECK(Tags(python, glibc("2.28")).all().empty());
  CHECK(has(Tags("3.12", glibc("2.x")), "cp312-cp312-linux_x86_64"));
}
