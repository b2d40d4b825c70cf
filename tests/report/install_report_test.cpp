#include "envlock/report/install_report.h"
#include "envlock/report/run_report.h"
#include "sample_lock.h"
#include "support/catch.h"
#include "support/golden.h"

using envlock::report::ArtifactReport;
using envlock::report::InstallSummary;
using envlock::report::Style;

namespace {

envlock::prefix::Difference sample_difference() {
  envlock::prefix::Difference difference;
  auto old_numpy = envlock_test::sample_record("numpy", "1.26.3", "py312_0");
  auto new_numpy = envlock_test::sample_record("numpy", "1.26.4", "py312_1");
  auto rebuilt = envlock_test::sample_record("zlib", "1.3.1", "h0_0");
  auto changed = rebuilt;
  changed.sha256 = envlock::core::sha256("other bytes");
  difference.changes = {{"attrs", std::nullopt, envlock_test::sample_record("attrs", "24.2.0", "py_0")},
                        {"numpy", old_numpy, new_numpy},
                        {"six", envlock_test::sample_record("six", "1.16.0", "py_0"), std::nullopt},
                        {"zlib", rebuilt, changed}};
  difference.unchanged = 40;
  return difference;
}

InstallSummary sample(const envlock::prefix::Difference& difference) {
  InstallSummary summary;
  summary.prefix = "/home/ann/env";
  summary.lock_file = "envlock.lock";
  summary.platform = "linux-64";
  summary.difference = &difference;
  summary.packages = 43;
  summary.downloaded = 2;
  summary.downloaded_bytes = 7'500'000;
  summary.borrowed = 1;
  summary.seconds_getting = 1.5;
  summary.seconds_linking = 0.25;
  summary.result.linked_files = 1204;
  summary.result.hardlinked = 1000;
  summary.result.copied = 4;
  summary.result.rewritten = 200;
  summary.result.bytes = 31'000'000;
  summary.result.removed_files = 12;
  summary.result.compiled = 30;
  summary.result.kept_aside = {"bin/x -> bin/x.envlock-kept-1"};
  summary.result.scripts = {"bin/.numpy-post-link.sh"};
  return summary;
}

}  // namespace

TEST_CASE("an install is summed up: what changed, what was done, what was kept and what was not run") {
  const envlock::prefix::Difference difference = sample_difference();
  CHECK(envlock::report::text_install(sample(difference), Style{}) ==
        "  +  attrs  24.2.0           build py_0\n"
        "  ~  numpy  1.26.3 → 1.26.4  build py312_0 → py312_1\n"
        "  -  six    1.16.0           build py_0\n"
        "  ~  zlib   1.3.1            the file's sha256 changed\n"
        "got 2 archives (7.5 MB) in 1.5 s\n"
        "found 1 archive in the caches of other tools\n"
        "put 1,204 files (31.0 MB) in place in 0.2 s: 1,000 hard-linked, 4 copied, 200 with the prefix written in\n"
        "compiled 30 python sources\n"
        "removed 12 files\n"
        "kept aside, because you had changed them:\n"
        "  bin/x -> bin/x.envlock-kept-1\n"
        "these scripts of packages were not run (`--allow-scripts` runs them):\n"
        "  bin/.numpy-post-link.sh\n"
        "`/home/ann/env` holds the 43 packages of envlock.lock for linux-64\n");
}

TEST_CASE("a dry run says what would come") {
  const envlock::prefix::Difference difference = sample_difference();
  InstallSummary summary = sample(difference);
  summary.dry_run = true;
  summary.download_bytes_expected = 9'000'000;
  summary.downloaded = summary.borrowed = 0;
  summary.result = {};
  const std::string drawn = envlock::report::text_install(summary, Style{});
  CHECK(drawn.ends_with("`/home/ann/env` would change in 4 packages, after getting 9.0 MB\n"));
  const envlock::prefix::Difference none;
  summary.difference = &none;
  CHECK(envlock::report::text_install(summary, Style{}) ==
        "`/home/ann/env` is what the lock says; nothing would change\n");
}

TEST_CASE("a new environment is not listed package by package") {
  envlock::prefix::Difference difference;
  difference.changes = {{"attrs", std::nullopt, envlock_test::sample_record("attrs", "24.2.0", "py_0")}};
  InstallSummary summary = sample(difference);
  summary.result = {};
  summary.downloaded = summary.borrowed = 0;
  CHECK(envlock::report::text_install(summary, Style{}) ==
        "`/home/ann/env` holds the 43 packages of envlock.lock for linux-64\n");
}

TEST_CASE("an install as JSON") {
  const envlock::prefix::Difference difference = sample_difference();
  CHECK(envlock_test::compare_with_golden("report/install.json",
                                          envlock::report::json_install(sample(difference), {})) == "");
}

namespace {

ArtifactReport sample_artifact() {
  envlock::snapshot::RunRecord record;
  record.command = {"python", "train.py", "--name", "two words"};
  record.started = *envlock::core::parse_time("2026-03-02T10:00:00Z");
  record.milliseconds = 3'723'400;
  record.lock = envlock::core::sha256("lock");
  record.root = envlock::core::sha256("root");
  record.verified = "quick";
  record.git_commit = "0123456789abcdef0123456789abcdef01234567";
  record.git_dirty = true;
  record.cpu = "A processor";
  record.kernel = "6.1.0";
  record.glibc = "2.36";
  record.outputs = {{"model.bin", envlock::core::sha256("weights"), 7}};
  return {
      .artifact = "copy.bin", .sha256 = envlock::core::sha256("weights"), .runs = {{".envlock/runs/aa.json", record}}};
}

}  // namespace

TEST_CASE("a run is told by its command and its facts") {
  const std::string drawn = envlock::report::text_artifact(sample_artifact(), Style{});
  CHECK(drawn.starts_with("python train.py --name 'two words'\n"));
  CHECK(drawn.find("2026-03-02T10:00:00Z, for 1 h 02 min 03 s\n") != std::string::npos);
  CHECK(drawn.find("0123456789abcdef0123456789abcdef01234567, with changes\n") != std::string::npos);
  CHECK(drawn.find(".envlock/runs/aa.json\n") != std::string::npos);
}

TEST_CASE("the run of an artifact as JSON") {
  CHECK(envlock_test::compare_with_golden("report/artifact.json",
                                          envlock::report::json_artifact(sample_artifact(), {})) == "");
}
