#include "../../lib/diff/src/distance.h"

#include "support/catch.h"

using namespace envlock::diff;

TEST_CASE("the first part of a version whose number differs is how far it went") {
  CHECK(distance_between("1.26.3", "2.0.0") == Distance::major);
  CHECK(distance_between("1.26.3", "1.27.0") == Distance::minor);
  CHECK(distance_between("1.26.3", "1.26.4") == Distance::patch);
  CHECK(distance_between("1.26.3", "1.26.3.1") == Distance::other);
  CHECK(distance_between("2024.2.2", "2024.7.4") == Distance::minor);
  CHECK(distance_between("1.26", "1.26.1") == Distance::patch);
  CHECK(distance_between("12", "13.1") == Distance::major);
  CHECK(distance_between("1.26.3", "1.26.03") == Distance::other);
}

TEST_CASE("an epoch is the greatest part of a version, a local version the smallest") {
  CHECK(distance_between("1!1.0", "2!1.0") == Distance::major);
  CHECK(distance_between("2.0", "1!2.0") == Distance::major);
  CHECK(distance_between("2.3.0+cu118", "2.3.0+cu121") == Distance::other);
  CHECK(distance_between("2.3.0+cu118", "2.3.1+cpu") == Distance::patch);
}

TEST_CASE("letters and release candidates are smaller than any number before them") {
  CHECK(distance_between("2024a", "2024b") == Distance::other);
  CHECK(distance_between("1.1.1k", "1.1.1w") == Distance::other);
  CHECK(distance_between("2.0.0rc1", "2.0.0") == Distance::other);
  CHECK(distance_between("1.0a1", "1.0b1") == Distance::other);
  CHECK(distance_between("1.0rc1", "1.1") == Distance::minor);
}

TEST_CASE("numbers longer than any machine word, and no numbers, are compared all the same") {
  CHECK(distance_between("99999999999999999999999.1", "99999999999999999999998.1") == Distance::major);
  CHECK(distance_between("main", "dev") == Distance::other);
  CHECK(distance_between("", "1") == Distance::major);
}

TEST_CASE("versions are in conda's order, and text that is none in that of its bytes") {
  CHECK((compare_versions("1.0rc1", "1.0") < 0));
  CHECK((compare_versions("1.10", "1.9") > 0));
  CHECK((compare_versions("1.0", "1.0.0") == 0));
  CHECK((compare_versions("@@", "@!") > 0));
}
