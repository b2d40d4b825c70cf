#include "envlock/report/why_report.h"
#include "sample_lock.h"
#include "support/catch.h"
#include "support/golden.h"

using envlock::report::Style;
using envlock::report::WhyReport;

namespace {

WhyReport sample() {
  const auto record = envlock_test::sample_record("libblas", "3.9.0", "25_openblas");
  const envlock::lock::Reason reason{.chain = {"pytorch >=2.0 (requested)", "pytorch 2.5.1 needs numpy >=1.19,<3",
                                               "numpy 2.1.3 needs libblas >=3.9.0"},
                                     .dependents = {"liblapack", "numpy"}};
  return {.name = "libblas",
          .file = "envlock.lock",
          .platforms = {{"linux-64", record, reason}, {"linux-64-cuda12", record, reason}},
          .without = {"osx-arm64"}};
}

}  // namespace

TEST_CASE("a chain is drawn as a tree, once for the platforms that agree") {
  CHECK(envlock::report::text_why(sample(), Style{}) ==
        "linux-64, linux-64-cuda12: libblas 3.9.0 25_openblas\n"
        "  pytorch >=2.0 (requested)\n"
        "  └─ pytorch 2.5.1 needs numpy >=1.19,<3\n"
        "     └─ numpy 2.1.3 needs libblas >=3.9.0\n"
        "  needed by 2 packages: liblapack, numpy\n");
}

TEST_CASE("platforms that differ are told apart") {
  WhyReport why = sample();
  why.platforms[1].record.build = "27_mkl";
  why.platforms[1].reason.dependents.clear();
  const std::string drawn = envlock::report::text_why(why, Style{});
  CHECK(drawn.find("\n\nlinux-64-cuda12: libblas 3.9.0 27_mkl\n") != std::string::npos);
  CHECK(drawn.find("  no other package of the lock needs it\n") != std::string::npos);
}

TEST_CASE("a reason as JSON keeps platforms apart") {
  CHECK(envlock_test::compare_with_golden("report/why.json", envlock::report::json_why(sample(), {})) == "");
}
