#include "lock_fixtures.h"
#include "support/catch.h"

using namespace envlock_test;

using Lines = std::vector<std::string>;

TEST_CASE("why tells the shortest chain from a request, then every direct dependent") {
  const auto reason = lock::why(small_lock(), "linux-64", "libblas");
  REQUIRE(reason.has_value());
  CHECK(reason->chain == Lines{"numpy >=1.26,<3 (requested)", "numpy 1.26.4 needs libblas >=3.9,<4.0a0"});
  CHECK(reason->dependents == Lines{"numpy"});
}

TEST_CASE("why of a requested package is the request itself") {
  const auto reason = lock::why(small_lock(), "linux-aarch64", "python");
  REQUIRE(reason.has_value());
  CHECK(reason->chain == Lines{"python 3.12.* (requested)"});
  CHECK(reason->dependents == Lines{"numpy", "pip", "setuptools"});
}

TEST_CASE("why names what implied a request") {
  CHECK(lock::why(small_lock(), "linux-64", "setuptools")->chain ==
        Lines{"pip (implied by python)", "pip 24.3.1 needs setuptools"});
}

TEST_CASE("why of something that is not locked is absent") {
  CHECK_FALSE(lock::why(small_lock(), "linux-64", "scipy").has_value());
  CHECK_FALSE(lock::why(small_lock(), "osx-64", "numpy").has_value());
}
