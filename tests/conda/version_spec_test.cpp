#include <string>
#include <vector>

#include "envlock/conda/match_spec.h"
#include "support/catch.h"

using envlock::conda::Version;
using envlock::conda::VersionSpec;

namespace {

bool matches(const char* spec, const char* version) {
  CAPTURE(spec, version);
  return VersionSpec::parse(spec).matches(Version::parse(version));
}

}  // namespace

TEST_CASE("each operator means what CEP 29 says") {
  CHECK(matches("1.8", "1.8.0"));
  CHECK_FALSE(matches("1.8", "1.8.1"));
  CHECK(matches("==1.8", "1.8"));
  CHECK(matches("=1.8", "1.8.3"));
  CHECK_FALSE(matches("=1.8", "1.80"));
  CHECK(matches("!=1.8", "1.8.1"));
  CHECK_FALSE(matches("!=1.8", "1.8.0"));
  CHECK(matches("<1.8", "1.8rc1"));
  CHECK_FALSE(matches("<1.8", "1.8"));
  CHECK(matches("<=1.8", "1.8.0"));
  CHECK(matches(">1.8", "1.8.1"));
  CHECK_FALSE(matches(">1.8", "1.8.0"));
  CHECK(matches(">=1.8", "1.8"));
  CHECK(matches("~=0.5.3", "0.5.9"));
  CHECK_FALSE(matches("~=0.5.3", "0.6"));
  CHECK_FALSE(matches("~=0.5.3", "0.5.2"));
  CHECK(matches("~=3", "4.1"));
  CHECK(matches("*", "1.0"));
}

TEST_CASE("a star at the end is fuzzy, one within matches the text") {
  CHECK(matches("1.8.*", "1.8"));
  CHECK(matches("1.8*", "1.8.3"));
  CHECK_FALSE(matches("1.8*", "1.80"));
  CHECK(matches("!=1.8.*", "1.9"));
  CHECK_FALSE(matches("!=1.8.*", "1.8.3"));
  CHECK_FALSE(matches("!=1.8*", "1.8.3"));
  CHECK(matches("1.*.3", "1.22.3"));
  CHECK_FALSE(matches("1.*.3", "1.22.4"));
  CHECK(matches("==1.8.*", "1.8.3"));
  CHECK(matches(">=1.8.*", "1.9"));
  CHECK_FALSE(matches("<1.8.*", "1.8.1"));
  CHECK(matches("=*", "1"));
  CHECK(matches("==*", "1"));
}

TEST_CASE("a regular expression is searched in the text of the version") {
  CHECK(matches("^1\\.[0-9]+$", "1.22"));
  CHECK_FALSE(matches("^1\\.[0-9]+$", "1.22.1"));
  CHECK(matches("^1\\.(2|3)$|2.0", "1.3"));
  CHECK(matches("^1\\.(2|3)$|2.0", "2"));
}

TEST_CASE("and binds tighter than or, and parentheses change that") {
  CHECK(matches(">=1,<2|>=3,<4", "3.5"));
  CHECK_FALSE(matches(">=1,<2|>=3,<4", "2.5"));
  CHECK(matches("1.0|2.0,3.0", "1.0"));
  CHECK_FALSE(matches("(1.0|2.0),3.0", "1.0"));
  CHECK(matches("(>=1,<2)|((3.*|4.*),!=3.5)", "4.1"));
  CHECK_FALSE(matches("(>=1,<2)|((3.*|4.*),!=3.5)", "3.5"));
}

TEST_CASE("the canonical text of a condition has no spaces, capitals or needless parentheses") {
  const auto text = [](const char* spec) { return VersionSpec::parse(spec).text(); };
  CHECK(text(" >= 1.8 , < 2.0RC1 ") == ">=1.8,<2.0rc1");
  CHECK(text("1.8") == "==1.8");
  CHECK(text("=1.8") == "1.8.*");
  CHECK(text("=1.8.*") == "1.8.*");
  CHECK(text("1.8*") == "1.8.*");
  CHECK(text("==1.8.*") == "1.8.*");
  CHECK(text(">=1.8.*") == ">=1.8");
  CHECK(text("!=1.8*") == "!=1.8.*");
  CHECK(text("((1.8|(1.9|2.0)))") == "==1.8|==1.9|==2.0");
  CHECK(text("(>=1,<2)|3.*") == ">=1,<2|3.*");
  CHECK(text("(1|2),(3,4)") == "(==1|==2),==3,==4");
  CHECK(text("*") == "*");
  CHECK(text("^1\\.[A-Z]$") == "^1\\.[A-Z]$");
  CHECK(VersionSpec::parse("*").matches_everything());
  CHECK_FALSE(VersionSpec::parse(">0").matches_everything());
  CHECK(VersionSpec() == VersionSpec::parse("*"));
}

TEST_CASE("reading the canonical text gives the same condition") {
  const auto spec = GENERATE(as<std::string>(), "1.8", "=1.8", "~=0.5.3", ">=1,<2|3.*", "(1|2),(3.*|!=4.*)",
                             "^1\\.2$|3", "1.*.3", "*", "(*|1),2");
  CAPTURE(spec);
  const VersionSpec first = VersionSpec::parse(spec);
  CHECK(VersionSpec::parse(first.text()) == first);
  CHECK(VersionSpec::parse(first.text()).text() == first.text());
}

TEST_CASE("a condition that is none is refused with its column") {
  struct Case {
    std::string text;
    int column;
  };
  const auto wrong = GENERATE(values<Case>({{"", 1},
                                            {">=", 1},
                                            {">=1.0,", 7},
                                            {",1", 1},
                                            {"|1", 1},
                                            {"(1", 1},
                                            {"1)", 2},
                                            {"()", 2},
                                            {"1.0 2.0", 4},
                                            {">=1.0 <2.0", 1},
                                            {"<>1", 1},
                                            {"1..0", 1},
                                            {">=1.*.2", 1},
                                            {"~=1.*", 1},
                                            {"<*", 1},
                                            {"^1", 1},
                                            {"1.0$", 1},
                                            {"^(?=1)$", 1},
                                            {"1.0@x", 1},
                                            {"1,2\x01", 4},
                                            {std::string(100, '(') + "1" + std::string(100, ')'), 41},
                                            {std::string(100000, '1'), 1}}));
  CAPTURE(wrong.text.substr(0, 200));
  try {
    VersionSpec::parse(wrong.text);
    FAIL("accepted");
  } catch (const envlock::core::Error& error) {
    CHECK(error.diagnostics().front().code == "invalid-version-spec");
    CHECK(error.diagnostics().front().where->column == wrong.column);
    CHECK_FALSE(error.diagnostics().front().why.empty());
  }
}
