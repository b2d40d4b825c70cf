#include "envlock/core/time.h"

#include "support/catch.h"

using namespace envlock::core;

TEST_CASE("a bare date is the last millisecond of its day") {
  CHECK(parse_time("1970-01-01") == 86'399'999);
  CHECK(format_time(*parse_time("2024-02-29")) == "2024-02-29T23:59:59.999Z");
}

TEST_CASE("times are read with fractions and offsets") {
  CHECK(parse_time("1970-01-01T00:00:00Z") == 0);
  CHECK(parse_time("1970-01-01T01:00:00.25+01:00") == 250);
  CHECK(parse_time("1969-12-31T23:00:00-01:00") == 0);
  CHECK(parse_time("2026-03-02 10:00:00Z") == parse_time("2026-03-02T10:00:00z"));
}

TEST_CASE("what is no time is refused") {
  for (const char* text : {"", "2026", "2026-13-01", "2023-02-29", "2026-03-02T", "2026-03-02T24:00:00Z",
                           "2026-03-02T10:00:00", "2026-03-02T10:00:00.Z", "2026-03-02Tx", "2026-03-02T10:00:00Zx"}) {
    INFO(text);
    CHECK_FALSE(parse_time(text));
  }
}

TEST_CASE("a time reads back from its text") {
  for (const Milliseconds time :
       {Milliseconds{0}, Milliseconds{1}, Milliseconds{1772445600123}, Milliseconds{-1}, Milliseconds{-86'400'000}}) {
    CHECK(parse_time(format_time(time)) == time);
  }
}
