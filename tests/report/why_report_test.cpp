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
          .platforms = {{"linux-64", record, {}, "", reason}, {"linux-64-cuda12", record, {}, "", reason}},
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
  std::get<0>(why.platforms[1].what).build = "27_mkl";
  why.platforms[1].reason.dependents.clear();
  const std::string drawn = envlock::report::text_why(why, Style{});
  CHECK(drawn.find("\n\nlinux-64-cuda12: libblas 3.9.0 27_mkl\n") != std::string::npos);
  CHECK(drawn.find("  no other package of the lock needs it\n") != std::string::npos);
}

TEST_CASE("a reason as JSON keeps platforms apart") {
  CHECK(envlock_test::compare_with_golden("report/why.json", envlock::report::json_why(sample(), {})) == "");
}

TEST_CASE("a distribution is told with its extras, and what a conda package brings by its name") {
  WhyReport why = sample();
  envlock::lock::LockedDistribution torch;
  torch.name = "torch";
  torch.version = "2.5.1";
  torch.index = "https://pypi.org/simple";
  torch.file = "torch-2.5.1-cp312-cp312-linux_x86_64.whl";
  why.platforms = {{"linux-64", torch, {"opt"}, "", {.chain = {"torch (requested under pip:)"}, .dependents = {}}},
                   {"osx-arm64", why.platforms[0].what, {}, "torch", why.platforms[0].reason}};
  const std::string drawn = envlock::report::text_why(why, Style{});
  CHECK(drawn.starts_with("linux-64: torch[opt] 2.5.1 (pypi)\n  torch (requested under pip:)\n"));
  CHECK(drawn.find("osx-arm64: libblas 3.9.0 25_openblas\n  brings torch, which pip would install otherwise\n") !=
        std::string::npos);
  const std::string json = envlock::report::json_why(why, {});
  CHECK(json.find("\"distribution\": {\"name\": \"torch\", \"version\": \"2.5.1\", \"index\": "
                  "\"https://pypi.org/simple\", \"file_name\": \"torch-2.5.1-cp312-cp312-linux_x86_64.whl\", "
                  "\"extras\": [\"opt\"]}") != std::string::npos);
  CHECK(json.find("\"brings\": \"torch\"") != std::string::npos);
}
