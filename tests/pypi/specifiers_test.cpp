#include <algorithm>
#include <string>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/pypi/version.h"
#include "support/catch.h"

using envlock::pypi::Prereleases;
using envlock::pypi::Specifiers;
using envlock::pypi::Version;

namespace {

bool matches(const std::string& specifiers, const std::string& version) {
  return Specifiers::parse(specifiers).contains(Version::parse(version));
}

/// Of `versions`, those that match.
std::vector<std::string> matching(const std::string& specifiers, std::vector<std::string> versions) {
  versions.erase(std::remove_if(versions.begin(), versions.end(),
                                [&](const std::string& version) { return !matches(specifiers, version); }),
                 versions.end());
  return versions;
}

int column_of_error(const std::string& text) {
  try {
    Specifiers::parse(text);
  } catch (const envlock::core::Error& error) {
    CHECK(error.diagnostics().front().code == "invalid-specifier");
    return error.diagnostics().front().where->column;
  }
  return 0;
}

std::string mended(const std::string& text) {
  bool was_mended = false;
  const auto specifiers = Specifiers::parse_leniently(text, &was_mended);
  if (!specifiers) return "none";
  CHECK(was_mended);
  return specifiers->format();
}

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("~= is a bound from below within a series") {
  CHECK(matching("~=2.2", {"2.1", "2.2.dev1", "2.2", "2.2.post3", "2.3", "2.99", "3.0.dev1", "3.0a1", "3"}) ==
        Strings{"2.2", "2.2.post3", "2.3", "2.99"});
  CHECK(matching("~=1.4.5", {"1.4.4", "1.4.5", "1.4.99", "1.5"}) == Strings{"1.4.5", "1.4.99"});
  CHECK(matching("~=2.2.post3", {"2.2", "2.2.post2", "2.2.post3", "2.3", "3"}) == Strings{"2.2.post3", "2.3"});
  CHECK(matching("~=1.4.5a4", {"1.4.5a3", "1.4.5a4", "1.4.5", "1.4.6", "1.5"}) == Strings{"1.4.5a4", "1.4.5", "1.4.6"});
  CHECK(matching("~=2.2.0", {"2.2", "2.2.1", "2.3"}) == Strings{"2.2", "2.2.1"});
  CHECK(matching("~=1!2.2", {"2.3", "1!2.3", "2!2.3"}) == Strings{"1!2.3"});
}

TEST_CASE("== takes the local releases of a version without a label") {
  CHECK(matching("==1.1", {"1.1", "1.1.0", "1.1+cu121", "1.1.post1", "1.1a1", "1.1.dev1"}) ==
        Strings{"1.1", "1.1.0", "1.1+cu121"});
  CHECK(matching("==1.1+cu121", {"1.1", "1.1+cu121", "1.1.0+CU121", "1.1+cu118"}) ==
        Strings{"1.1+cu121", "1.1.0+CU121"});
  CHECK(matching("!=1.1", {"1.1", "1.1+x", "1.1.post1"}) == Strings{"1.1.post1"});
  CHECK(matching("!=1.1+x", {"1.1", "1.1+x", "1.1+y"}) == Strings{"1.1", "1.1+y"});
  CHECK(matching("==1.1.post1", {"1.1", "1.1.post1", "1.1-1"}) == Strings{"1.1.post1", "1.1-1"});
}

TEST_CASE("a wildcard compares the first numbers") {
  CHECK(matching("==1.1.*", {"1", "1.1", "1.1.post1", "1.1a1", "1.1.dev1", "1.1.9", "1.10", "1.1+x", "1!1.1"}) ==
        Strings{"1.1", "1.1.post1", "1.1a1", "1.1.dev1", "1.1.9", "1.1+x"});
  CHECK(matching("!=1.1.*", {"1.0", "1.1", "1.1.post1", "1.2"}) == Strings{"1.0", "1.2"});
  CHECK(matching("==1.0.*", {"1", "1.0", "1.0.1", "1.1"}) == Strings{"1", "1.0", "1.0.1"});
}

TEST_CASE("inclusive bounds take local releases") {
  CHECK(matching("<=1.7", {"1.7", "1.7+x", "1.7.post1", "1.7rc1"}) == Strings{"1.7", "1.7+x", "1.7rc1"});
  CHECK(matching(">=1.7", {"1.7", "1.7+x", "1.7.post1", "1.7rc1"}) == Strings{"1.7", "1.7+x", "1.7.post1"});
}

TEST_CASE("exclusive bounds leave out what belongs to their version") {
  CHECK(matching(">1.7", {"1.7", "1.7+x", "1.7.0.post1", "1.7.post1.dev1", "1.7.1", "1.8a1"}) ==
        Strings{"1.7.1", "1.8a1"});
  CHECK(matching(">1.7.post2", {"1.7.1", "1.7.0.post2", "1.7.0.post3", "1.7.post2+x", "1.7.post3.dev1"}) ==
        Strings{"1.7.1", "1.7.0.post3", "1.7.post3.dev1"});
  CHECK(matching(">1.7a1", {"1.7a1", "1.7a1.post1", "1.7a2.dev1", "1.7a2", "1.7"}) ==
        Strings{"1.7a2.dev1", "1.7a2", "1.7"});
  CHECK(matching(">1.7.dev1", {"1.7.dev1", "1.7.dev1+x", "1.7.dev2", "1.7", "1.7.post1"}) ==
        Strings{"1.7.dev2", "1.7", "1.7.post1"});
  CHECK(matching("<1.7", {"1.6", "1.6+x", "1.7.dev1", "1.7a1", "1.7"}) == Strings{"1.6", "1.6+x"});
  CHECK(matching("<1.7rc1", {"1.6", "1.7.dev1", "1.7b1", "1.7rc1.dev1", "1.7rc1", "1.7"}) ==
        Strings{"1.6", "1.7.dev1", "1.7b1", "1.7rc1.dev1"});
  CHECK(matching("<1.7.post1", {"1.7a1", "1.7", "1.7+x", "1.7.post0", "1.7.post1.dev1", "1.7.post1"}) ==
        Strings{"1.7a1", "1.7", "1.7+x", "1.7.post0"});
}

TEST_CASE("=== compares texts") {
  CHECK(matches("===1.0", "1.0"));
  CHECK_FALSE(matches("===1.0", "1.0.0"));
  CHECK_FALSE(matches("===1.0", "1.0+x"));
  CHECK(matches("===1.0+UBUNTU", "1.0+ubuntu"));
  CHECK_FALSE(matches("===foobar", "1.0"));
  CHECK(Specifiers::parse("=== FooBar").format() == "===foobar");
}

TEST_CASE("all clauses must hold, and pre-releases may be kept out") {
  CHECK(matching(">=0.9, >=1.0, !=1.3.4.*, <2.0", {"0.9", "1.0", "1.3.4", "1.3.4.1", "1.4", "2.0"}) ==
        Strings{"1.0", "1.4"});
  CHECK(matches("", "1.0a1"));
  const Specifiers any = Specifiers::parse(" ");
  CHECK(any.empty());
  CHECK_FALSE(any.contains(Version::parse("1.0a1"), Prereleases::exclude));
  CHECK_FALSE(any.contains(Version::parse("1.0.dev1"), Prereleases::exclude));
  CHECK(any.contains(Version::parse("1.0.post1"), Prereleases::exclude));
}

TEST_CASE("a clause that names a pre-release lets them in") {
  for (const char* text : {">=2.0b1", "==2.0.dev1", "~=2.0rc1", "<2.0a1", ">=1,<2.0.dev0", "===2.0a1"}) {
    CHECK(Specifiers::parse(text).names_prerelease());
  }
  for (const char* text : {"", ">=2.0", "!=2.0b1", "==2.0.*", "===foo", ">=2.0.post1"}) {
    CHECK_FALSE(Specifiers::parse(text).names_prerelease());
  }
}

TEST_CASE("one text for every way to write the same clauses") {
  CHECK(Specifiers::parse("<2 , >= 1.2").format() == ">=1.2,<2");
  CHECK(Specifiers::parse("(>=1.2,<2)") == Specifiers::parse("<2,>=v1.2"));
  CHECK(Specifiers::parse("!=1.5.*,<2,!=1.3,>=1.0-RC.1,>=1.0c1").format() == ">=1.0rc1,<2,!=1.3,!=1.5.*");
  CHECK(Specifiers::parse(" ( == 1.0+A_1 ) ").format() == "==1.0+a.1");
  CHECK(Specifiers::parse(">=1.0,").format() == ">=1.0");
  CHECK(Specifiers::parse("()").empty());
  CHECK_FALSE(Specifiers::parse(">=1.0") == Specifiers::parse(">=1.0.0"));
}

TEST_CASE("an exact version is told") {
  CHECK(Specifiers::parse("==1.0+x").exact()->format() == "1.0+x");
  CHECK(Specifiers::parse("===1.0").exact()->format() == "1.0");
  for (const char* text : {"", "==1.*", "===foo", "==1,==1.0", ">=1", "==1,!=2"}) {
    CHECK_FALSE(Specifiers::parse(text).exact());
  }
}

TEST_CASE("what is no specifier is refused at its column") {
  CHECK(column_of_error("1.0") == 1);
  CHECK(column_of_error(">=") == 3);
  CHECK(column_of_error("=1.0") == 1);
  CHECK(column_of_error(">=1.0 <2") == 7);
  CHECK(column_of_error(",>=1.0") == 1);
  CHECK(column_of_error(">=1.0,,<2") == 7);
  CHECK(column_of_error(">=3.6.*") == 6);
  CHECK(column_of_error("==1.0a1.*") == 8);
  CHECK(column_of_error("==1.0+x.*") == 8);
  CHECK(column_of_error(">=1.0+local") == 6);
  CHECK(column_of_error("~=1") == 3);
  CHECK(column_of_error("~=1.2.*") == 6);
  CHECK(column_of_error("(>=1.0") == 7);
  CHECK(column_of_error(">=1.0)") == 6);
  CHECK(column_of_error("===") == 4);
  CHECK(column_of_error("==1.99999999999999999999") == 5);
}

TEST_CASE("what old metadata meant is mended") {
  CHECK(mended(">=3.6.*") == ">=3.6");
  CHECK(mended(">=2.7,!=3.0.*,<3.4.*") == ">=2.7,<3.4,!=3.0.*");
  CHECK(mended(">=7.2.0<8.0.0") == ">=7.2.0,<8.0.0");
  CHECK(mended("(>=7.2.0 <8.0.0)") == ">=7.2.0,<8.0.0");
  CHECK(mended("!=~5.0,>=4.12") == ">=4.12,!=5.0.*");
  CHECK(mended("!=3.0*,!=3.1*") == "!=3.0.*,!=3.1.*");
  CHECK(mended(">= '2.7'") == ">=2.7");
  CHECK(mended(">=2.7, !=3.0.*', !=3.2.*'") == ">=2.7,!=3.0.*,!=3.2.*");
  CHECK(mended(">dev") == ">0.0.0.dev0");
  CHECK(mended(">=9.0.0a1.0") == ">=9.0.0a1");
  CHECK(mended(">=1,,<2") == ">=1,<2");
  CHECK(mended("2.7") == "none");
  CHECK(mended("~=1.2.*") == "none");
  CHECK(mended(">=1.0 or <2") == "none");
  bool was_mended = true;
  CHECK(Specifiers::parse_leniently(">=1.0", &was_mended)->format() == ">=1.0");
  CHECK_FALSE(was_mended);
}
