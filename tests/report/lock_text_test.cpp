#include "envlock/report/lock_report.h"
#include "sample_lock.h"
#include "support/catch.h"

using envlock::lock::Lock;
using envlock::report::LockSummary;
using envlock::report::Style;

namespace {

std::string draw(const Lock& now, const Lock* before, bool unchanged = false) {
  return envlock::report::text_lock(
      LockSummary{.lock = &now, .previous = before, .file = "envlock.lock", .unchanged = unchanged, .like = {}},
      Style{});
}

}  // namespace

TEST_CASE("a first lock tells its platforms and nothing of changes") {
  const Lock lock = envlock_test::sample_after();
  CHECK(draw(lock, nullptr) ==
        "wrote envlock.lock\n"
        "  linux-64       4 packages  6.0 MB to download\n"
        "  linux-aarch64  4 packages  6.0 MB to download\n");
}

TEST_CASE("a lock that is the same bytes is up to date") {
  const Lock lock = envlock_test::sample_after();
  CHECK(draw(lock, &lock, true) ==
        "envlock.lock is up to date\n"
        "  linux-64       4 packages  6.0 MB to download\n"
        "  linux-aarch64  4 packages  6.0 MB to download\n");
}

TEST_CASE("what changed is told once for the platforms that agree") {
  const Lock before = envlock_test::sample_before();
  const Lock after = envlock_test::sample_after();
  CHECK(draw(after, &before) ==
        "wrote envlock.lock: 1 added, 2 changed, 1 removed, 1 kept\n"
        "  linux-64       4 packages  6.0 MB to download\n"
        "  linux-aarch64  4 packages  6.0 MB to download\n"
        "  linux-64, linux-aarch64\n"
        "    +  new     1.0              build h2_0\n"
        "    ~  numpy   1.26.3 → 1.26.4\n"
        "    -  old     0.5              build h1_0\n"
        "    ~  tzdata  2024b            build hc8b5060_0 → hc8b5060_1\n");
}

TEST_CASE("a change on one platform stands under its name") {
  const Lock before = envlock_test::sample_before();
  Lock after = envlock_test::sample_before();
  after.platforms[1].packages.pop_back();
  CHECK(draw(after, &before) ==
        "wrote envlock.lock: 1 removed, 4 kept\n"
        "  linux-64       4 packages  6.0 MB to download\n"
        "  linux-aarch64  3 packages  4.5 MB to download\n"
        "  linux-aarch64\n"
        "    -  tzdata  2024b  build hc8b5060_0\n");
}

TEST_CASE("a package of the same version and build tells what else changed") {
  Lock before;
  Lock after;
  auto record = envlock_test::sample_record("six", "1", "0");
  envlock_test::add_platform(before, "linux-64", "linux-64", {record});
  SECTION("the channel") {
    record.channel = "https://conda.anaconda.org/bioconda";
    envlock_test::add_platform(after, "linux-64", "linux-64", {record});
    CHECK(draw(after, &before)
              .find("  ~  six  1  channel https://conda.anaconda.org/conda-forge → "
                    "https://conda.anaconda.org/bioconda\n") != std::string::npos);
  }
  SECTION("the file's format") {
    record.file_name = "six-1-0.tar.bz2";
    envlock_test::add_platform(after, "linux-64", "linux-64", {record});
    CHECK(draw(after, &before).find("  ~  six  1  file six-1-0.conda → six-1-0.tar.bz2\n") != std::string::npos);
  }
  SECTION("the bytes") {
    record.sha256->bytes[0] = 1;
    envlock_test::add_platform(after, "linux-64", "linux-64", {record});
    CHECK(draw(after, &before).find("  ~  six  1  the file's sha256 changed\n") != std::string::npos);
  }
  SECTION("patched metadata is no change") {
    record.depends = {"python"};
    envlock_test::add_platform(after, "linux-64", "linux-64", {record});
    CHECK(draw(after, &before) == "wrote envlock.lock: 1 kept\n  linux-64  1 package  1.5 MB to download\n");
  }
}

TEST_CASE("platforms that come and go are named") {
  const Lock before = envlock_test::sample_before();
  Lock after = envlock_test::sample_before();
  after.platforms[1].platform.name = "osx-arm64";
  const std::string drawn = draw(after, &before);
  CHECK(drawn.find("  linux-aarch64 is no longer locked\n") != std::string::npos);
  CHECK(drawn.find("  osx-arm64 is new\n") != std::string::npos);
  CHECK(drawn.find("numpy") == std::string::npos);
}

TEST_CASE("sizes that the index does not tell make the sum a lower bound") {
  Lock lock = envlock_test::sample_after();
  lock.packages[0].record.size.reset();
  CHECK(draw(lock, nullptr).find("  linux-64       4 packages  at least 4.5 MB to download\n") != std::string::npos);
}

TEST_CASE("hundreds of changes are cut, and said to be") {
  Lock before;
  Lock after;
  std::vector<envlock::conda::PackageRecord> records;
  for (int i = 0; i < 300; ++i) records.push_back(envlock_test::sample_record("p" + std::to_string(i), "1", "0"));
  envlock_test::add_platform(before, "linux-64", "linux-64", {});
  envlock_test::add_platform(after, "linux-64", "linux-64", records);
  const std::string drawn = draw(after, &before);
  CHECK(drawn.find("wrote envlock.lock: 300 added\n") == 0);
  CHECK(drawn.find("and 240 more; --json lists all\n") != std::string::npos);
}

TEST_CASE("the fate of --like is told for each platform") {
  const Lock lock = envlock_test::sample_after();
  const LockSummary summary{
      .lock = &lock,
      .previous = nullptr,
      .file = "envlock.lock",
      .unchanged = false,
      .like = {{"linux-64", 279, 277, {"gone 1.0 0"}, {"numpy 1.26.3 py312h1 -> 1.26.4 py312h3"}}}};
  CHECK(envlock::report::text_lock(summary, Style{})
            .find("  linux-64: 277 of 279 picks of --like kept\n"
                  "    numpy 1.26.3 py312h1 -> 1.26.4 py312h3\n"
                  "    not in the channels: gone 1.0 0\n") != std::string::npos);
}

TEST_CASE("a check says fresh, or how many findings make it stale") {
  CHECK(envlock::report::text_lock_check("envlock.lock", 0, Style{}) == "envlock.lock is fresh\n");
  CHECK(envlock::report::text_lock_check("envlock.lock", 1, Style{}) ==
        "envlock.lock is stale: 1 finding; `envlock lock` brings it up to date\n");
}

TEST_CASE("names from outside cannot write to the terminal") {
  Lock lock;
  envlock_test::add_platform(lock, "linux-64\x1b[2J", "linux-64",
                             {envlock_test::sample_record("six", "1\x1b[2J", "0")});
  Lock before;
  envlock_test::add_platform(before, "linux-64\x1b[2J", "linux-64", {});
  CHECK(draw(lock, &before).find('\x1b') == std::string::npos);
}
