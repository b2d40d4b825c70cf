#include "envlock/pypi/name.h"

#include "support/catch.h"

using envlock::pypi::is_valid_name;
using envlock::pypi::normalize_name;

TEST_CASE("all spellings of a project's name are one") {
  for (const char* text : {"friendly-bard", "Friendly-Bard", "FRIENDLY-BARD", "friendly.bard", "friendly_bard",
                           "friendly--bard", "FrIeNdLy-._.-bArD"}) {
    CHECK(normalize_name(text) == "friendly-bard");
  }
  CHECK(normalize_name("") == "");
  CHECK(normalize_name("_x") == "-x");
}

TEST_CASE("a name begins and ends with a letter or digit") {
  for (const char* text : {"a", "A1", "zope.interface", "ruamel_yaml", "3to2", "a--b"}) CHECK(is_valid_name(text));
  for (const char* text : {"", "-a", "a-", ".a", "a_", "a b", "a/b", "\xc3\xa9t\xc3\xa9", "a[b]"}) {
    CHECK_FALSE(is_valid_name(text));
  }
}
