#include <algorithm>
#include <random>

#include "envlock/lock/lock.h"
#include "lock_fixtures.h"
#include "support/catch.h"
#include "support/golden.h"

using namespace envlock_test;

namespace {

// A lock of random packages on random platforms; every reference holds.
lock::Lock random_lock(std::mt19937& random) {
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  static const std::vector<std::string> kVersions = {"1.0", "1!2.0_post1", "2024a", "0.1.dev3+local.1", "12"};
  static const std::vector<std::string> kTexts = {"", "MIT", "BSD-3-Clause AND \"quoted\"", "na\xC3\xAFve \\ back",
                                                  "tab\x09"};
  const std::size_t count = 1 + below(12);
  std::vector<lock::PlatformSolution> all = {{linux_64(), {}},
                                             {linux_aarch64(), {}},
                                             {conda::make_platform("gpu", "linux-64", {{"__cuda", "12.9", "0"}}), {}}};
  all.resize(1 + below(3));
  std::string environment = "dependencies:\n";
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = "p" + std::to_string(i);
    environment += "  - " + name + (below(2) == 0 ? " >=0" : "") + "\n";
    for (lock::PlatformSolution& each : all) {
      if (below(4) == 0) continue;
      std::vector<std::string> depends;
      for (std::size_t d = below(4); d > 0; --d) depends.push_back("p" + std::to_string(below(count)) + " >=0");
      conda::PackageRecord one = record(name, kVersions[below(kVersions.size())], "h" + std::to_string(below(3)),
                                        depends, below(3) == 0 ? "noarch" : each.platform.subdir);
      one.license = kTexts[below(4)];
      if (below(3) == 0) one.md5.reset();
      if (below(3) == 0) one.size.reset();
      if (below(3) == 0) one.timestamp.reset();
      if (below(3) == 0) one.indexed_timestamp = 1700000000000 + static_cast<std::int64_t>(below(1000));
      if (below(4) == 0) one.track_features = {"a", "b"};
      if (below(4) == 0) one.constrains = {"p0 <9"};
      if (below(4) == 0) one.url = "https://mirror.example/files/" + one.file_name;
      one.build_number = below(2) == 0 ? below(10) : 18446744073709551615u;
      each.solution.records.push_back(one);
    }
  }
  spec::Spec spec = spec_of(environment);
  for (std::size_t i = below(3); i > 0; --i) spec.variables["V" + std::to_string(i)] = {kTexts[below(5)], {}};
  // A file that stands twice must be the same file: the first platform's record counts.
  for (lock::PlatformSolution& each : all) {
    for (conda::PackageRecord& one : each.solution.records) {
      for (const conda::PackageRecord& first : all.front().solution.records) {
        if (first.file_name == one.file_name && first.subdir == one.subdir) one = first;
      }
    }
  }
  lock::Options random_options;
  random_options.channel_priority = static_cast<conda::ChannelPriority>(below(3));
  if (below(2) == 0) random_options.exclude_newer = 1700000000000 + static_cast<std::int64_t>(below(100000));
  random_options.exclude_newer_strict = below(2) == 0;
  return lock::make(spec, channels(), random_options, all, {});
}

}  // namespace

TEST_CASE("a small lock is written as the golden file shows") {
  CHECK(compare_with_golden("lock/small.lock", lock::format(small_lock())) == "");
}

TEST_CASE("a lock without packages is written and read") {
  const lock::Lock lock = lock::make(spec_of("dependencies: []\n"), channels(), {}, {{linux_64(), {}}}, {});
  CHECK(lock::parse(lock::format(lock), "envlock.lock") == lock);
}

TEST_CASE("parse(format(lock)) is the lock, and format(parse(text)) the text") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    const lock::Lock lock = random_lock(random);
    const std::string text = lock::format(lock);
    const lock::Lock again = lock::parse(text, "envlock.lock");
    REQUIRE(again == lock);
    REQUIRE(lock::format(again) == text);
  }
}

TEST_CASE("the order of lines, records, platforms and channels' records does not matter") {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const std::string want = lock::format(small_lock());
  spec::Spec spec = spec_of(kEnvironment);
  std::vector<lock::PlatformSolution> all = solutions();
  for (int round = 0; round < 20; ++round) {
    std::shuffle(spec.requests.begin(), spec.requests.end(), random);
    std::shuffle(all.begin(), all.end(), random);
    for (lock::PlatformSolution& each : all) {
      std::shuffle(each.solution.records.begin(), each.solution.records.end(), random);
    }
    REQUIRE(lock::format(lock::make(spec, channels(), options(), all, {"tzdata-2025a-h78e105d_0.conda"})) == want);
  }
}

TEST_CASE("another layout of the same JSON is the same lock") {
  std::string text = lock::format(small_lock());
  const lock::Lock want = lock::parse(text, "envlock.lock");
  std::string windows;
  for (const char c : text) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  CHECK(lock::parse(windows, "envlock.lock") == want);
  text.erase(std::remove(text.begin(), text.end(), '\n'), text.end());
  CHECK(lock::parse(text, "envlock.lock") == want);
  CHECK(lock::parse("\xEF\xBB\xBF" + text, "envlock.lock") == want);
}
