#include "envlock/conda/version.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "support/catch.h"

using envlock::conda::compare_as_versions;
using envlock::conda::Version;

namespace {

/// Rows of versions: those of one row are equal, and each row is below the next.
using Ladder = std::vector<std::vector<std::string>>;

// CEP 33, "Examples".
const Ladder kStandard = {{"0.4", "0.4.0"},
                          {"0.4.1.rc", "0.4.1.RC"},
                          {"0.4.1+local"},
                          {"0.4.1+0.local"},
                          {"0.4.1", "0.4.1+0"},
                          {"0.4.1+1.local"},
                          {"0.5a1"},
                          {"0.5b3"},
                          {"0.5C1"},
                          {"0.5"},
                          {"0.9.6"},
                          {"0.960923"},
                          {"1.0"},
                          {"1.1dev1"},
                          {"1.1a1"},
                          {"1.1.0dev1", "1.1.dev1"},
                          {"1.1.a1"},
                          {"1.1.0rc1"},
                          {"1.1.0.0", "1.1.0", "1.1"},
                          {"1.1.post1", "1.1.0post1"},
                          {"1.1post1"},
                          {"1996.07.12"},
                          {"1!0.4.1"},
                          {"1!3.1.1.6"},
                          {"2!0.4.1"}};

// What conda's documentation of version ordering adds, and its exception for openssl.
const Ladder kConda = {{"0.4"},          {"0.4.1.rc"},
                       {"0.4.1"},        {"0.5a1"},
                       {"0.5b3"},        {"0.5C1"},
                       {"0.5"},          {"0.9.6"},
                       {"0.960923"},     {"1.0"},
                       {"1.1dev1"},      {"1.1_"},
                       {"1.1a1"},        {"1.1.0dev1", "1.1.dev1"},
                       {"1.1.a1"},       {"1.1.0rc1"},
                       {"1.1.0", "1.1"}, {"1.1.0post1", "1.1.post1"},
                       {"1.1post1"},     {"1996.07.12"},
                       {"1!0.4.1"},      {"1!3.1.1.6"},
                       {"2!0.4.1"}};
const Ladder kOpenssl = {{"1.0.1dev"}, {"1.0.1_"}, {"1.0.1a"}, {"1.0.1b"}, {"1.0.1z_"}, {"1.0.1", "1.0.1.0"}};

void check_ladder(const Ladder& ladder) {
  for (std::size_t i = 0; i < ladder.size(); ++i) {
    for (const std::string& left : ladder[i]) {
      for (std::size_t j = 0; j < ladder.size(); ++j) {
        for (const std::string& right : ladder[j]) {
          CAPTURE(left, right);
          const auto order = Version::parse(left) <=> Version::parse(right);
          CHECK((order < 0) == (i < j));
          CHECK((order == 0) == (i == j));
          CHECK((order > 0) == (i > j));
        }
      }
    }
  }
}

/// A version of parts that bring out the special cases, valid or not.
std::string random_version(std::mt19937& random) {
  static const std::vector<std::string> kParts = {"0",
                                                  "1",
                                                  "2",
                                                  "10",
                                                  "007",
                                                  "a",
                                                  "b",
                                                  "rc",
                                                  "dev",
                                                  "post",
                                                  "DEV",
                                                  "abc",
                                                  "_",
                                                  ".",
                                                  ".",
                                                  ".",
                                                  "-",
                                                  "1!",
                                                  "+",
                                                  "4294967295",
                                                  "abcd",
                                                  "abcde",
                                                  "99999999999999999999",
                                                  "x",
                                                  "0",
                                                  ".0"};
  std::string text;
  const auto count = 1 + random() % 7;
  for (std::size_t i = 0; i < count; ++i) text += kParts[random() % kParts.size()];
  return text;
}

std::vector<Version> random_versions(std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<Version> versions;
  while (versions.size() < count) {
    if (auto version = Version::try_parse(random_version(random))) versions.push_back(std::move(*version));
  }
  return versions;
}

}  // namespace

TEST_CASE("versions are ordered as the list of CEP 33 has them") {
  check_ladder(kStandard);
}
TEST_CASE("versions are ordered as conda documents them") {
  check_ladder(kConda);
}
TEST_CASE("a final underscore sorts a release of openssl below its letters") {
  check_ladder(kOpenssl);
}

TEST_CASE("numbers of any size are compared by value") {
  check_ladder({{"1.4294967294"},
                {"1.4294967295"},
                {"1.4294967296"},
                {"1.18446744073709551616"},
                {"1.18446744073709551617"},
                {"1.100000000000000000000000"}});
  CHECK(Version::parse("1.007") == Version::parse("1.7"));
  CHECK(Version::parse("1.00000000000000000000000000000001") == Version::parse("1.1"));
}

TEST_CASE("long strings are compared letter by letter") {
  check_ladder(
      {{"1abcd"}, {"1abcda"}, {"1abcdab"}, {"1abce"}, {"1abcz1"}, {"1developer"}, {"1postfix"}, {"1"}, {"1post"}});
}

TEST_CASE("a dash is an underscore, and case and surrounding space do not matter") {
  CHECK(Version::parse("1.0-rc1") == Version::parse("1.0_rc1"));
  CHECK(Version::parse(" 1.0RC1 ") == Version::parse("1.0rc1"));
  CHECK(Version::parse(" 1.0 ").text() == "1.0");
  CHECK(Version::parse("1.0-") == Version::parse("1.0_"));
}

TEST_CASE("a default version is 0") {
  CHECK(Version() == Version::parse("0"));
  CHECK(Version() < Version::parse("0.0.1"));
  CHECK(Version().text() == "0");
  CHECK(Version().starts_with(Version::parse("0")));
  CHECK(Version::parse("0.5").starts_with(Version()));
  CHECK_FALSE(Version::parse("1.5").starts_with(Version()));
}

TEST_CASE("versions form a total preorder and sort the same however they are shuffled") {
  const auto seed = GENERATE(1u, 2u, 3u);
  CAPTURE(seed);
  std::vector<Version> versions = random_versions(60, seed);
  for (const Version& a : versions) {
    for (const Version& b : versions) {
      CAPTURE(a.text(), b.text());
      REQUIRE((a < b) == (b > a));
      REQUIRE((a == b) == (b == a));
      for (const Version& c : versions) {
        if (a <= b && b <= c) REQUIRE(a <= c);
        if (a == b && b < c) REQUIRE(a < c);
      }
    }
  }
  std::vector<Version> shuffled = versions;
  const auto less = [](const Version& a, const Version& b) { return a < b || (a == b && a.text() < b.text()); };
  std::sort(versions.begin(), versions.end(), less);
  std::mt19937 random(seed);
  for (int i = 0; i < 5; ++i) {
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    std::sort(shuffled.begin(), shuffled.end(), less);
    for (std::size_t j = 0; j < versions.size(); ++j) REQUIRE(shuffled[j].text() == versions[j].text());
  }
}

TEST_CASE("appending zeros to a version changes nothing") {
  for (const Version& version : random_versions(300, 7)) {
    if (version.text().find('+') != std::string::npos) continue;
    const auto longer = Version::try_parse(version.text() + ".0.0");
    if (!longer || version.text().back() == '_' || version.text().back() == '-') continue;
    CAPTURE(version.text());
    CHECK(*longer == version);
    CHECK(version.starts_with(*longer));
  }
}

TEST_CASE("a version starts with its first parts, whole numbers and beginnings of words") {
  const auto starts = [](const char* version, const char* prefix) {
    return Version::parse(version).starts_with(Version::parse(prefix));
  };
  CHECK(starts("1.8.3", "1.8"));
  CHECK(starts("1.8", "1.8"));
  CHECK(starts("1.8", "1.8.0"));
  CHECK(starts("1.8", "1.8.0.0"));
  CHECK(starts("1.8a1", "1.8"));
  CHECK(starts("1.8.0rc1", "1.8"));
  CHECK(starts("1.8rc1", "1.8rc"));
  CHECK(starts("1.8rc1", "1.8r"));
  CHECK(starts("1.8+local", "1.8"));
  CHECK(starts("1.8+2.1", "1.8+2"));
  CHECK(starts("1!1.8.3", "1!1.8"));
  CHECK(starts("1.abcdefgh", "1.abcde"));
  CHECK(starts("1.abcdefgh", "1.abcd"));
  CHECK_FALSE(starts("1.80", "1.8"));
  CHECK_FALSE(starts("1.8", "1.8.1"));
  CHECK_FALSE(starts("1.8", "1.80"));
  CHECK_FALSE(starts("1!1.8.3", "1.8"));
  CHECK_FALSE(starts("1.8.3+2", "1.8+2"));
  CHECK_FALSE(starts("1.8developer", "1.8dev"));
  CHECK_FALSE(starts("1.abc", "1.abcde"));
  CHECK_FALSE(starts("1.8post", "1.8rc"));
  CHECK(starts("1.8post1", "1.8post"));
  CHECK(starts("1.8dev1", "1.8dev"));
}

TEST_CASE("the last part of a version is cut off for the compatible release") {
  CHECK(Version::parse("0.5.3").without_last_part()->text() == "0.5");
  CHECK(Version::parse("1.4.5a4").without_last_part()->text() == "1.4");
  CHECK(Version::parse("1!2.3+local.1").without_last_part()->text() == "1!2");
  CHECK_FALSE(Version::parse("3").without_last_part());
}

TEST_CASE("text that is no version is refused with the column of the mistake") {
  struct Case {
    std::string text;
    int column;
  };
  const auto wrong = GENERATE(values<Case>({{"", 1},
                                            {"1..0", 3},
                                            {"1.", 3},
                                            {".1", 1},
                                            {"1.0 rc1", 4},
                                            {"1.0*", 4},
                                            {"a!1.0", 1},
                                            {"1!2!3", 4},
                                            {"!1", 1},
                                            {"1+2+3", 4},
                                            {"+1", 1},
                                            {"1!", 3},
                                            {"1.0+", 5},
                                            {"1__0", 3},
                                            {"1.\xC3\xA9", 3},
                                            {"1.0\n2", 4},
                                            {std::string("1\0", 2), 2},
                                            {std::string(300, '1'), 256}}));
  CAPTURE(wrong.text);
  CHECK_FALSE(Version::try_parse(wrong.text));
  try {
    Version::parse(wrong.text);
    FAIL("accepted");
  } catch (const envlock::core::Error& error) {
    CHECK(error.diagnostics().front().code == "invalid-version");
    CHECK(error.diagnostics().front().where->column == wrong.column);
    CHECK_FALSE(error.diagnostics().front().why.empty());
  }
}

TEST_CASE("build strings are compared as mamba compares them") {
  const auto less = [](const char* left, const char* right) {
    CAPTURE(left, right);
    CHECK((compare_as_versions(left, right) < 0));
    CHECK((compare_as_versions(right, left) > 0));
  };
  less("h5abc_0", "hecca_0");
  less("py314hd4c6e5e_0", "pyhd8ed1ab_0");
  less("h3a9_0", "h10be_0");
  less("py39h123_0", "py310h123_0");
  less("cpu_py312", "cuda_py312");
  less("h123_0", "h123_1");
  less("", "0_0_1");
  CHECK((compare_as_versions("py_0", "PY_0") == 0));
  CHECK((compare_as_versions("a__b", "a_b") == 0));
  CHECK((compare_as_versions("", "0") == 0));
  less("1", "1+0");
}
