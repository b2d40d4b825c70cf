#include "envlock/pypi/version.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "support/catch.h"

using envlock::pypi::Version;

namespace {

/// Each list from the oldest to the newest, each version older than the next.
void check_ascending(const std::vector<std::string>& texts) {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    for (std::size_t j = 0; j < texts.size(); ++j) {
      INFO(texts[i] << " beside " << texts[j]);
      CHECK((Version::parse(texts[i]) < Version::parse(texts[j])) == (i < j));
      CHECK((Version::parse(texts[i]) == Version::parse(texts[j])) == (i == j));
    }
  }
}

std::string normal(const std::string& text) {
  return Version::parse(text).format();
}

int column_of_error(const std::string& text) {
  try {
    Version::parse(text);
  } catch (const envlock::core::Error& error) {
    CHECK(error.diagnostics().front().code == "invalid-version");
    return error.diagnostics().front().where->column;
  }
  return 0;
}

}  // namespace

TEST_CASE("the suffixes of one release sort as PEP 440 says") {
  check_ascending({"1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456", "1.0b2",
                   "1.0b2.post345.dev456", "1.0b2.post345", "1.0rc1.dev456", "1.0rc1", "1.0", "1.0+abc.5", "1.0+abc.7",
                   "1.0+5", "1.0.post456.dev34", "1.0.post456", "1.0.15", "1.1.dev1"});
}

TEST_CASE("final releases sort by their numbers") {
  check_ascending({"0.9", "0.9.1", "0.9.2", "0.9.10", "0.9.11", "1.0", "1.0.1", "1.1", "2.0", "2.0.1"});
  check_ascending({"2012.4", "2012.7", "2012.10", "2013.1", "2013.6"});
  check_ascending({"1.0a1", "1.0a2", "1.0b1", "1.0rc1", "1.0"});
  check_ascending({"0.1", "0.2", "0.3", "1.0", "1.1"});
}

TEST_CASE("an epoch outweighs every number") {
  check_ascending({"2013.10", "2014.04", "1!1.0", "1!1.1", "1!2.0", "9!0"});
}

TEST_CASE("local labels sort part by part, words before numbers") {
  check_ascending({"1.0", "1.0+abc", "1.0+abc.1", "1.0+abd", "1.0+ubuntu", "1.0+1", "1.0+1.abc", "1.0+1.0", "1.0+2",
                   "1.0+10", "1.0+99999999999999999999998", "1.0+99999999999999999999999", "1.0.post0"});
}

TEST_CASE("numbers that outgrow the quick order are still compared") {
  check_ascending({"0.6",
                   "0.7",
                   "0.8",
                   "0.1021",
                   "0.1022",
                   "0.1023",
                   "0.1024",
                   "1",
                   "1.0.0.126",
                   "1.0.0.127",
                   "1.0.0.128",
                   "1.0.0.128.1",
                   "4094",
                   "4095",
                   "4095.1",
                   "4096",
                   "20230101",
                   "20230101.1",
                   "18446744073709551615",
                   "6!1",
                   "7!1",
                   "7!1.1",
                   "8!1"});
  check_ascending({"1.2.3.4.dev0", "1.2.3.4", "1.2.3.4.post9", "1.2.3.4.0.1.dev1", "1.2.3.4.0.1", "1.2.3.4.1"});
  check_ascending({"1.dev0", "1.dev61", "1.dev62", "1.dev63", "1.dev64", "1a126", "1a127.dev1", "1a127", "1a128", "1",
                   "1.post29", "1.post30.dev1", "1.post30", "1.post31", "1.post32"});
}

TEST_CASE("zeros at the end say nothing") {
  CHECK(Version::parse("1.0") == Version::parse("1.0.0"));
  CHECK(Version::parse("1") == Version::parse("1.0.0.0.0.0"));
  CHECK(Version::parse("1.0rc1") == Version::parse("1rc1"));
  CHECK(Version::parse("0") == Version::parse("0.0"));
  CHECK(Version::parse("0!1") == Version::parse("1"));
}

TEST_CASE("every spelling of appendix B has one normal form") {
  const std::vector<std::pair<std::string, std::string>> spellings{
      {"1.0.DEV4", "1.0.dev4"},
      {"1.0-dev4", "1.0.dev4"},
      {"1.0dev", "1.0.dev0"},
      {"1.0_dev_4", "1.0.dev4"},
      {"1.0alpha1", "1.0a1"},
      {"1.0-A1", "1.0a1"},
      {"1.0.a.1", "1.0a1"},
      {"1.0a", "1.0a0"},
      {"1.0_beta_2", "1.0b2"},
      {"1.0c1", "1.0rc1"},
      {"1.0pre1", "1.0rc1"},
      {"1.0-preview.1", "1.0rc1"},
      {"1.0.RC-1", "1.0rc1"},
      {"1.0-1", "1.0.post1"},
      {"1.0r2", "1.0.post2"},
      {"1.0-rev2", "1.0.post2"},
      {"1.0post", "1.0.post0"},
      {"1.0.post-2", "1.0.post2"},
      {"1.0_r_2", "1.0.post2"},
      {"v1.0", "1.0"},
      {"V1.0", "1.0"},
      {" 1.0\n", "1.0"},
      {"1.0+UBUNTU_1", "1.0+ubuntu.1"},
      {"1.0+ubuntu-001", "1.0+ubuntu.1"},
      {"00!1.0", "1.0"},
      {"01.007", "1.7"},
      {"1!1", "1!1"},
      {"1.0a1-1", "1.0a1.post1"},
      {"1.0a-1", "1.0a1"},
      {"1.0a--1", "1.0a0.post1"},
      {"1.0a-", "1.0a0"},
      {"v1.0-RC.1", "1.0rc1"},
      {"1.0rc1.post2.dev3", "1.0rc1.post2.dev3"},
      {"1!2.0rc1.post2.dev3+cu121.1", "1!2.0rc1.post2.dev3+cu121.1"}};
  for (const auto& [text, want] : spellings) {
    INFO(text);
    CHECK(normal(text) == want);
    CHECK(normal(want) == want);
    CHECK(Version::parse(text) == Version::parse(want));
  }
}

TEST_CASE("a version's parts are told") {
  const Version version = Version::parse("1!2.0rc1.post2.dev3+cu121.1");
  CHECK(version.format_public() == "1!2.0rc1.post2.dev3");
  CHECK(version.format_base() == "1!2.0");
  CHECK(version.is_prerelease());
  CHECK(version.is_postrelease());
  CHECK(version.local() == "cu121.1");
  CHECK(version.epoch() == 1);
  CHECK(version.release() == std::vector<std::uint64_t>{2, 0});
  CHECK(Version::parse("1.0.dev1").is_prerelease());
  CHECK_FALSE(Version::parse("1.0.post1").is_prerelease());
  CHECK(Version().format() == "0");
  CHECK(Version() == Version::parse("0.0"));
}

TEST_CASE("what is no version is refused at its column") {
  CHECK(column_of_error("") == 1);
  CHECK(column_of_error("  ") == 3);
  CHECK(column_of_error("x") == 1);
  CHECK(column_of_error("1..2") == 2);
  CHECK(column_of_error("1.0 2") == 5);
  CHECK(column_of_error("1.0+") == 5);
  CHECK(column_of_error("1.0+a.") == 6);
  CHECK(column_of_error("1.0.foo") == 4);
  CHECK(column_of_error("1!") == 3);
  CHECK(column_of_error("1.0.*") == 4);
  CHECK(column_of_error("1.0a1b1") == 6);
  CHECK(column_of_error("1.\xc3\xa9") == 2);
  CHECK(column_of_error("1.18446744073709551616") == 3);
  CHECK(column_of_error("1.dev18446744073709551616") == 6);
  CHECK_FALSE(Version::try_parse("1.0-"));
  CHECK(Version::try_parse("18446744073709551615"));
}

TEST_CASE("order is total, and texts come back") {
  std::vector<Version> versions;
  for (const std::string base : {"0", "1", "1.0.1", "1!1", "1024", "1.2.3.4.5", "4096.1"}) {
    for (const std::string pre : {"", "a0", "b127", "rc1"}) {
      for (const std::string post : {"", ".post0", ".post31"}) {
        for (const std::string dev : {"", ".dev0", ".dev62", ".dev63"}) {
          for (const std::string local : {"", "+a", "+1"})
            versions.push_back(Version::parse(base + pre + post + dev + local));
        }
      }
    }
  }
  std::sort(versions.begin(), versions.end());
  for (std::size_t i = 0; i + 1 < versions.size(); ++i) {
    CHECK(versions[i] < versions[i + 1]);
    CHECK(normal(versions[i].format()) == versions[i].format());
  }
  CHECK(versions.front() < versions.back());
}
