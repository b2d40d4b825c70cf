#include "envlock/report/units.h"

#include "support/catch.h"

using envlock::report::format_bytes;

TEST_CASE("amounts of bytes take three digits") {
  CHECK(format_bytes(0) == "0 B");
  CHECK(format_bytes(999) == "999 B");
  CHECK(format_bytes(1000) == "1.0 kB");
  CHECK(format_bytes(99'949) == "99.9 kB");
  CHECK(format_bytes(99'950) == "100 kB");
  CHECK(format_bytes(999'499) == "999 kB");
  CHECK(format_bytes(999'500) == "1.0 MB");
  CHECK(format_bytes(7'484'186) == "7.5 MB");
  CHECK(format_bytes(~std::uint64_t{0}) == "18447 PB");
}

TEST_CASE("counts are grouped by thousands, and their nouns agree") {
  CHECK(envlock::report::format_count(0) == "0");
  CHECK(envlock::report::format_count(999) == "999");
  CHECK(envlock::report::format_count(1204) == "1,204");
  CHECK(envlock::report::format_count(1'000'000) == "1,000,000");
  CHECK(envlock::report::count_of(1, "package") == "1 package");
  CHECK(envlock::report::count_of(0, "package") == "0 packages");
}
