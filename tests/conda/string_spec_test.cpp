#include <string>

#include "envlock/conda/match_spec.h"
#include "support/catch.h"

using envlock::conda::StringSpec;

namespace {

bool matches(const char* pattern, const std::string& text) {
  return StringSpec::parse(pattern).matches(text);
}

}  // namespace

TEST_CASE("plain text matches itself in any case") {
  CHECK(matches("py312_0", "PY312_0"));
  CHECK(matches("PY312_0", "py312_0"));
  CHECK_FALSE(matches("py312_0", "py312_01"));
  CHECK_FALSE(matches("py312_01", "py312_0"));
  CHECK(StringSpec::parse("Py312").exact() == "py312");
}

TEST_CASE("a star stands for any text, none included") {
  CHECK(matches("py3*", "py312_0"));
  CHECK(matches("py3*", "py3"));
  CHECK(matches("*cuda*", "py_cuda118_0"));
  CHECK(matches("*_cp312", "0_CP312"));
  CHECK(matches("a*b*c", "a-b-b-c"));
  CHECK(matches("a**c", "ac"));
  CHECK_FALSE(matches("a*b*c", "a-c-b"));
  CHECK_FALSE(matches("py3*", "apy3"));
  CHECK_FALSE(matches("a.c*", "abc"));
  CHECK(StringSpec::parse("a**c") == StringSpec::parse("a*c"));
  CHECK_FALSE(StringSpec::parse("py3*").exact());
}

TEST_CASE("a glob of many stars is matched in no time") {
  const std::string glob = "*a*a*a*a*a*a*a*a*a*a*a*a*b";
  CHECK_FALSE(matches(glob.c_str(), std::string(5000, 'a')));
}

TEST_CASE("text between ^ and $ is a regular expression") {
  CHECK(matches("^py3[0-9]+_0$", "py312_0"));
  CHECK(matches("^PY3[0-9]+_0$", "py312_0"));
  CHECK_FALSE(matches("^py3[0-9]+_0$", "py312_01"));
  CHECK(matches("^a|b$", "xb"));
  CHECK(matches("^(a+)+$", std::string(2000, 'a')));
  CHECK_FALSE(matches("^(a+)+$", std::string(2000, 'a') + "!"));
}

TEST_CASE("a comparison with a number compares numbers") {
  CHECK(matches(">6", "10"));
  CHECK_FALSE(matches(">6", "6"));
  CHECK(matches(">=6", "6"));
  CHECK(matches("<6", "5"));
  CHECK(matches("<=6", "0"));
  CHECK(matches("!=6", "7"));
  CHECK_FALSE(matches("!=6", "06"));
  CHECK(matches("==6", "6"));
  CHECK(matches("=6", "6"));
  CHECK(matches(">99999999999999999999", "100000000000000000000"));
  CHECK_FALSE(matches(">6", "seven"));
  CHECK(StringSpec::parse("==06") == StringSpec::parse("6"));
}

TEST_CASE("a pattern that cannot be matched in linear time, or is none, is refused") {
  const auto wrong = GENERATE("", "  ", "^(?=a)b$", "^(a)\\1$", "^(a$", "^abc", "abc$", "a\x01");
  CAPTURE(wrong);
  try {
    StringSpec::parse(wrong);
    FAIL("accepted");
  } catch (const envlock::core::Error& error) {
    CHECK(error.diagnostics().front().code == "invalid-pattern");
    CHECK_FALSE(error.diagnostics().front().why.empty());
  }
}
