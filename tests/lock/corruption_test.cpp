#include <random>

#include "envlock/lock/export.h"
#include "envlock/lock/import.h"
#include "pip_fixtures.h"
#include "support/catch.h"

using namespace envlock_test;

namespace {

// Flips, deletes, doubles or cuts some bytes.
std::string damaged(std::string text, std::mt19937& random) {
  for (std::size_t count = 1 + random() % 3; count > 0 && !text.empty(); --count) {
    const std::size_t at = random() % text.size();
    switch (random() % 4) {
      case 0:
        text[at] = static_cast<char>(random() % 256);
        break;
      case 1:
        text.erase(at, 1 + random() % 40);
        break;
      case 2:
        text.insert(at, text.substr(at, random() % 80));
        break;
      default:
        text.resize(at);
        break;
    }
  }
  return text;
}

// Runs `read` on damaged texts: a value or an Error may come out, nothing else.
template <typename Read>
void damage(const std::string& text, int rounds, Read read) {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  int refused = 0;
  for (int round = 0; round < rounds; ++round) {
    const std::string bytes = damaged(text, random);
    try {
      read(bytes);
    } catch (const core::Error& error) {
      REQUIRE_FALSE(error.diagnostics().empty());
      ++refused;
    }
  }
  CHECK(refused > 0);
}

}  // namespace

TEST_CASE("a damaged lock is an Error or a lock that is written as it is read") {
  damage(lock::format(small_lock()), 3000, [](const std::string& bytes) {
    const lock::Lock lock = lock::parse(bytes, "envlock.lock");
    const std::string text = lock::format(lock);
    REQUIRE(lock::parse(text, "envlock.lock") == lock);
    lock::check(lock, spec_of(kEnvironment), small_input());
    lock::why(lock, "linux-64", "libblas");
    for (const lock::LockedPlatform& platform : lock.platforms) lock::in_dependency_order(lock, platform);
  });
}

TEST_CASE("a damaged pip section is an Error or a lock that is written as it is read") {
  const std::string text = lock::format(pip_lock());
  const std::size_t begin = text.find("\"distributions\"");
  damage(text.substr(begin), 1500, [&](const std::string& bytes) {
    const lock::Lock lock = lock::parse(text.substr(0, begin) + bytes, "envlock.lock");
    REQUIRE(lock::parse(lock::format(lock), "envlock.lock") == lock);
    lock::check(lock, spec_of(kPipEnvironment), pip_freshness());
    lock::format_pylock(lock);
    lock::format_spdx(lock);
    for (const lock::LockedPlatform& platform : lock.platforms) lock::format_requirements(lock, platform);
  });
}

TEST_CASE("damaged conflict markers are an Error or two locks") {
  const std::string text = lock::format(small_lock());
  const std::string conflicted =
      replaced(text, "  \"requests\"", "<<<<<<< ours\n=======\n>>>>>>> theirs\n  \"requests\"");
  damage(conflicted, 500, [](const std::string& bytes) { lock::parse_conflicted(bytes, "envlock.lock"); });
}

TEST_CASE("damaged files of other tools are an Error or picks") {
  const lock::Lock lock = small_lock();
  const auto read = [](const std::string& bytes) {
    core::Notes notes;
    lock::parse_preferences(bytes, "other.lock", notes);
  };
  damage(lock::format_conda_lock(lock, nullptr), 500, read);
  damage(lock::format_explicit(lock, lock.platforms[0], lock::ExplicitHash::sha256), 1000, read);
}

TEST_CASE("a lock of twenty thousand packages in one chain is made, read and checked") {
  std::vector<conda::PackageRecord> records;
  std::string environment = "dependencies: [p0]\n";
  for (int i = 0; i < 20000; ++i) {
    records.push_back(record("p" + std::to_string(i), "1", "0", {"p" + std::to_string(i + 1)}));
  }
  records.back().depends.clear();
  const lock::Lock lock = lock::make(spec_of(environment), channels(), options(), {{linux_64(), {records}}}, {});
  const lock::Lock again = lock::parse(lock::format(lock), "envlock.lock");
  CHECK(again == lock);
  lock::FreshnessInput input = small_input();
  input.platforms = {linux_64()};
  CHECK(lock::check(again, spec_of("channels: [conda-forge, bioconda]\n" + environment), input).empty());
}
