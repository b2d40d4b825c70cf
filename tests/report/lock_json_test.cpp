#include "envlock/report/lock_report.h"
#include "sample_lock.h"
#include "support/catch.h"
#include "support/golden.h"

using envlock::core::Diagnostic;
using envlock::core::Note;
using envlock::core::Severity;
using envlock_test::compare_with_golden;

TEST_CASE("a lock run as JSON lists every change of every platform") {
  const envlock::lock::Lock before = envlock_test::sample_before();
  const envlock::lock::Lock after = envlock_test::sample_after();
  const Note note{Severity::note, Diagnostic{.code = "cpu-build",
                                             .what = "`pytorch` is a cpu build",
                                             .where = std::nullopt,
                                             .why = {},
                                             .hints = {"ask for CUDA with `--virtual-package __cuda=12.9`"}}};
  const envlock::report::LockSummary summary{.lock = &after,
                                             .previous = &before,
                                             .file = "envlock.lock",
                                             .unchanged = false,
                                             .like = {{"linux-64", 4, 3, {"gone 1.0 0"}, {}}}};
  CHECK(compare_with_golden("report/lock-report.json", envlock::report::json_lock(summary, {note})) == "");
}

TEST_CASE("a first lock as JSON has all platforms added") {
  const envlock::lock::Lock after = envlock_test::sample_after();
  const envlock::report::LockSummary summary{
      .lock = &after, .previous = nullptr, .file = "envlock.lock", .unchanged = false, .like = {}};
  const std::string json = envlock::report::json_lock(summary, {});
  CHECK(json.find("\"state\": \"added\"") != std::string::npos);
  CHECK(json.find("\"status\": \"written\"") != std::string::npos);
}

TEST_CASE("a check as JSON carries its findings") {
  const Diagnostic finding{.code = "request-unmet",
                           .what = "`numpy >=2` is not met",
                           .where = envlock::core::SourceSpan{"environment.yml", 5, 5, 9, "  - numpy >=2"},
                           .why = {"locked is numpy 1.26.4"},
                           .hints = {"`envlock lock`"}};
  CHECK(compare_with_golden("report/lock-check.json",
                            envlock::report::json_lock_check("envlock.lock", false, {finding}, {})) == "");
}
