#include "envlock/report/search_report.h"
#include "sample_lock.h"
#include "support/catch.h"
#include "support/golden.h"

using envlock::report::SearchReport;
using envlock::report::Style;
using envlock_test::compare_with_golden;

namespace {

SearchReport sample() {
  auto newer = envlock_test::sample_record("numpy", "2.1.3", "py313h1_0");
  newer.timestamp = 1'703'128'310'712;
  newer.depends = {"python >=3.13,<3.14.0a0", "__cuda >=12"};
  auto older = envlock_test::sample_record("numpy", "1.26.4", "py312h2_10");
  older.size.reset();
  older.md5 = envlock::core::Md5{};
  older.license = "BSD-3-Clause";
  return {.spec = "numpy",
          .subdirs = {"linux-64"},
          .matches = {{newer, "conda-forge", {}}, {older, "conda-forge", {}}},
          .total = 2,
          .here = std::nullopt};
}

SearchReport sample_here() {
  SearchReport search = sample();
  search.here = std::vector<envlock::conda::VirtualPackage>{{"__glibc", "2.36", "0"}};
  search.matches[0].unmet = {"__cuda >=12"};
  return search;
}

}  // namespace

TEST_CASE("a search is a table, the name left out when all share it") {
  CHECK(envlock::report::text_search(sample(), Style{}) ==
        "VERSION  BUILD       CHANNEL                 SIZE  DATE\n"
        "2.1.3    py313h1_0   conda-forge/linux-64  1.5 MB  2023-12-21\n"
        "1.26.4   py312h2_10  conda-forge/linux-64\n");
}

TEST_CASE("names stand in a search that found several") {
  SearchReport search = sample();
  search.matches[1].record.name = "numpy-base";
  CHECK(envlock::report::text_search(search, Style{}).find("NAME        VERSION") == 0);
}

TEST_CASE("with --here each match says whether this machine can run it") {
  const std::string drawn = envlock::report::text_search(sample_here(), Style{});
  CHECK(drawn.find("2023-12-21  needs __cuda >=12\n") != std::string::npos);
  CHECK(drawn.find("fits\n") != std::string::npos);
}

TEST_CASE("a search without a match draws nothing") {
  CHECK(envlock::report::text_search(SearchReport{}, Style{}).empty());
}

TEST_CASE("a search as JSON has whole records") {
  CHECK(compare_with_golden("report/search.json", envlock::report::json_search(sample(), {})) == "");
  CHECK(compare_with_golden("report/search-here.json", envlock::report::json_search(sample_here(), {})) == "");
}
