#include <chrono>
#include <functional>

#include "lock_fixtures.h"
#include "support/catch.h"

using namespace envlock_test;

namespace {

// Findings as "code line: what", one each.
std::vector<std::string> findings(const lock::Lock& lock, const std::string& environment,
                                  const lock::FreshnessInput& input = small_input()) {
  std::vector<std::string> result;
  for (const core::Diagnostic& each : lock::check(lock, spec_of(environment), input)) {
    result.push_back(each.code + (each.where ? " " + std::to_string(each.where->line) : "") + ": " + each.what);
  }
  return result;
}

std::vector<std::string> edit(const std::string& from, const std::string& to) {
  return findings(small_lock(), replaced(kEnvironment, from, to));
}

using Lines = std::vector<std::string>;

std::size_t index_of(const lock::Lock& lock, const std::string& name) {
  for (std::size_t i = 0; i < lock.packages.size(); ++i) {
    if (lock.packages[i].record.name == name) return i;
  }
  return lock.packages.size();
}

Lines tampered(const std::function<void(lock::Lock&)>& change) {
  lock::Lock lock = small_lock();
  change(lock);
  return findings(lock, kEnvironment);
}

// Takes a package off every platform, its record staying behind.
void take_away(lock::Lock& lock, const std::string& name) {
  const std::size_t index = index_of(lock, name);
  for (lock::LockedPlatform& platform : lock.platforms) {
    std::erase_if(platform.packages, [&](const lock::PlatformPackage& each) { return each.package == index; });
  }
}

}  // namespace

TEST_CASE("an unchanged environment is fresh, also after the lock was written and read") {
  CHECK(findings(small_lock(), kEnvironment).empty());
  CHECK(findings(lock::parse(lock::format(small_lock()), "envlock.lock"), kEnvironment).empty());
}

TEST_CASE("comments, order, spelling and line endings leave a lock fresh") {
  CHECK(edit("dependencies:\n", "dependencies:  # what we need\n").empty());
  CHECK(edit("  - python =3.12\n  - numpy >=1.26,<3\n", "  - numpy >=1.26,<3\n  - python =3.12\n").empty());
  CHECK(edit("numpy >=1.26,<3", "numpy>=1.26,<3").empty());
  CHECK(edit("numpy >=1.26,<3", "numpy >= 1.26, < 3").empty());
  CHECK(edit("python =3.12", "python=3.12").empty());
  CHECK(edit("python =3.12", "python 3.12.*").empty());
  CHECK(edit("name: small", "name: large").empty());
  std::string windows;
  for (const char c : kEnvironment) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  CHECK(findings(small_lock(), windows).empty());
}

TEST_CASE("an added request is stale, met or not") {
  CHECK(edit("  - numpy", "  - libblas\n  - numpy") == Lines{"stale-request 5: `libblas` is not in the lock"});
  CHECK(edit("  - numpy", "  - scipy >=1\n  - numpy") == Lines{"unmet-request 5: `scipy >=1` is not met by the lock"});
}

TEST_CASE("a removed request is stale") {
  CHECK(edit("  - numpy >=1.26,<3\n", "") == Lines{"stale-request 0: `numpy >=1.26,<3` is no longer asked for"});
}

TEST_CASE("a changed request is stale, and says whether the locked package would do") {
  CHECK(edit(">=1.26,<3", ">=1.25") == Lines{"stale-request 5: `numpy >=1.25` has changed"});
  CHECK(edit(">=1.26,<3", ">=2") == Lines{"unmet-request 5: `numpy >=2` is not met by the lock"});
  CHECK(edit("<3", "<3 *_1") == Lines{"unmet-request 5: `numpy >=1.26,<3 *_1` is not met by the lock"});
}

TEST_CASE("an unmet request says what is locked where") {
  const auto all = lock::check(small_lock(), spec_of(replaced(kEnvironment, ">=1.26,<3", ">=2")), small_input());
  REQUIRE(all.size() == 1);
  CHECK(all[0].why == Lines{"the lock was made for `numpy >=1.26,<3`", "linux-64 locks numpy 1.26.4 py312heda63a1_0",
                            "linux-aarch64 locks numpy 1.26.4 py312heda63a1_0"});
  CHECK(all[0].where->text == "  - numpy >=2");
}

TEST_CASE("a request for another channel is not met") {
  CHECK(edit("- numpy", "- bioconda::numpy") ==
        Lines{"unmet-request 5: `bioconda::numpy >=1.26,<3` is not met by the lock"});
  CHECK(edit("- numpy", "- conda-forge::numpy") ==
        Lines{"stale-request 5: `conda-forge::numpy >=1.26,<3` has changed"});
}

TEST_CASE("a request that moves to another category or platform is stale") {
  CHECK(edit("name: small", "category: dev") ==
        Lines{"stale-request 4: `python 3.12.*` (category dev) has changed",
              "stale-request 5: `numpy >=1.26,<3` (category dev) has changed",
              "stale-request 4: `pip` (category dev), implied by `python` has changed"});
  CHECK(edit("<3\n", "<3  # [linux64]\n").size() == 1);
  CHECK(edit("<3\n", "<3  # [linux64]\n")[0].starts_with("stale-request 5: `numpy >=1.26,<3` on linux64"));
}

TEST_CASE("an implied pip that comes or goes is stale") {
  CHECK(findings(small_lock("dependencies: [numpy]\n"),
                 "channels: [conda-forge]\ndependencies:\n  - numpy\n  - pip: [six]\n") ==
        Lines{"unmet-request 4: `pip`, implied by `pip:` is not met by the lock"});
  const Lines gone = findings(small_lock("dependencies:\n  - numpy\n  - pip: [six]\n"), "dependencies: [numpy]\n");
  CHECK(gone == Lines{"stale-request 0: `pip`, implied by `pip:` is no longer asked for"});
}

TEST_CASE("channels that are added, removed or reordered are stale") {
  lock::FreshnessInput input = small_input();
  input.channels.push_back({"https://conda.anaconda.org/pytorch", "pytorch", 2});
  const std::string added = replaced(kEnvironment, "bioconda,", "bioconda, pytorch,");
  CHECK(findings(small_lock(), added, input) == Lines{"stale-channel 2: channel `pytorch` is not in the lock"});
  input.channels = {channels()[0]};
  CHECK(findings(small_lock(), kEnvironment, input) ==
        Lines{"stale-channel 0: channel `bioconda` is no longer asked for"});
  input.channels = {channels()[1], channels()[0]};
  CHECK(findings(small_lock(), kEnvironment, input) == Lines{"stale-channel 2: the channels are in another order"});
}

TEST_CASE("platforms that are added, removed or stand for another subdir are stale") {
  lock::FreshnessInput input = small_input();
  input.platforms.push_back(conda::make_platform("osx-arm64", "osx-arm64", {}));
  const std::string added = "platforms:\n  - linux-64\n  - osx-arm64\n" + kEnvironment;
  CHECK(findings(small_lock(), added, input) == Lines{"stale-platform 3: platform `osx-arm64` is not in the lock"});
  input.platforms = {linux_64()};
  CHECK(findings(small_lock(), kEnvironment, input) ==
        Lines{"stale-platform 0: platform `linux-aarch64` is no longer asked for"});
  input.platforms = {linux_64(), conda::make_platform("linux-aarch64", "linux-64", {})};
  CHECK(findings(small_lock(), kEnvironment, input) ==
        Lines{"stale-platform: platform `linux-aarch64` stands for `linux-64` now"});
}

TEST_CASE("virtual packages that are added, changed or removed are stale") {
  lock::FreshnessInput input = small_input();
  input.platforms[0] = conda::make_platform("linux-64", "linux-64", {{"__glibc", "2.36", "0"}});
  CHECK(findings(small_lock(), kEnvironment, input) ==
        Lines{"stale-virtual-package: platform `linux-64` assumes `__glibc=2.36=0` now"});
  input.platforms[0] =
      conda::make_platform("linux-64", "linux-64", {{"__glibc", "2.28", "0"}, {"__cuda", "12.9", "0"}});
  CHECK(findings(small_lock(), kEnvironment, input) ==
        Lines{"stale-virtual-package: platform `linux-64` assumes `__cuda=12.9=0` now"});
  std::erase_if(input.platforms[0].virtual_packages,
                [](const conda::VirtualPackage& each) { return each.name == "__cuda" || each.name == "__unix"; });
  CHECK(findings(small_lock(), kEnvironment, input) ==
        Lines{"stale-virtual-package: platform `linux-64` no longer assumes `__unix`"});
}

TEST_CASE("variables that are added, changed or removed are stale, and their values are not shown") {
  CHECK(edit("  OMP", "  NEW: \"1\"\n  OMP") == Lines{"stale-variable 7: variable `NEW` is not in the lock"});
  CHECK(edit("\"4\"", "\"8\"") == Lines{"stale-variable 7: variable `OMP_NUM_THREADS` has another value in the lock"});
  CHECK(edit("variables:\n  OMP_NUM_THREADS: \"4\"\n", "") ==
        Lines{"stale-variable 0: variable `OMP_NUM_THREADS` is no longer set"});
}

TEST_CASE("another priority or cut-off is stale") {
  lock::FreshnessInput input = small_input();
  input.options.channel_priority = conda::ChannelPriority::flexible;
  CHECK(findings(small_lock(), kEnvironment, input) == Lines{"stale-option: the channel priority is `flexible` now"});
  input = small_input();
  input.options.exclude_newer.reset();
  CHECK(findings(small_lock(), kEnvironment, input) == Lines{"stale-option: the cut-off date is `none` now"});
  input = small_input();
  input.options.exclude_newer_strict = true;
  CHECK(findings(small_lock(), kEnvironment, input) ==
        Lines{"stale-option: the rule for records without a time is `drop` now"});
}

TEST_CASE("a tampered lock does not pass: depends, constrains, orphans, missing packages, categories, cut-off") {
  CHECK(tampered([](lock::Lock& lock) {
          lock.packages[index_of(lock, "numpy")].record.depends.push_back("libblas >=4");
        }) == Lines{"unmet-depend: numpy 1.26.4 py312heda63a1_0 needs `libblas >=4`"});
  CHECK(tampered([](lock::Lock& lock) {
          lock.packages[index_of(lock, "numpy")].record.depends[2] = "__glibc >=2.99";
        }) == Lines{"unmet-depend: numpy 1.26.4 py312heda63a1_0 needs `__glibc >=2.99`"});
  CHECK(tampered([](lock::Lock& lock) {
          lock.packages[index_of(lock, "numpy")].record.depends.push_back("x y z w ][");
        }) == Lines{"unmet-depend: numpy 1.26.4 py312heda63a1_0 needs `x y z w ][`"});
  CHECK(tampered([](lock::Lock& lock) { lock.packages[index_of(lock, "pip")].record.constrains = {"tzdata <2024"}; }) ==
        Lines{"broken-constrain: pip 24.3.1 pyh8b19718_2 only works beside `tzdata <2024`"});
  CHECK(tampered([](lock::Lock& lock) { lock.packages[index_of(lock, "pip")].record.constrains = {"__glibc <2"}; }) ==
        Lines{"broken-constrain: pip 24.3.1 pyh8b19718_2 only works beside `__glibc <2`"});
  CHECK(tampered([](lock::Lock& lock) { lock.packages[index_of(lock, "python")].record.depends.clear(); }) ==
        Lines{"unreachable-package: tzdata 2025a h78e105d_0 is locked, but nothing asks for it"});
  CHECK(tampered([](lock::Lock& lock) { take_away(lock, "setuptools"); }) ==
        Lines{"unmet-depend: pip 24.3.1 pyh8b19718_2 needs `setuptools`"});
  CHECK(tampered([](lock::Lock& lock) { lock.platforms[0].packages[0].categories = {"dev"}; }) ==
        Lines{"wrong-category: libblas 3.9.0 26_openblas stands in the wrong category"});
  CHECK(tampered([](lock::Lock& lock) { lock.packages[index_of(lock, "pip")].record.timestamp = 1767225600000; }) ==
        Lines{"newer-than-cut-off: pip 24.3.1 pyh8b19718_2 is newer than the lock's cut-off date"});
  CHECK(tampered([](lock::Lock& lock) { lock.packages[index_of(lock, "numpy")].record.version = "3.1"; }) ==
        Lines{"unmet-request 5: `numpy >=1.26,<3` is not met by the lock"});
}

TEST_CASE("a tampered request does not pass") {
  CHECK(tampered([](lock::Lock& lock) { lock.requests.pop_back(); }).front() ==
        "stale-request 4: `python 3.12.*` is not in the lock");
}

TEST_CASE("findings on several platforms are told once") {
  lock::Lock lock = small_lock();
  lock.packages[index_of(lock, "pip")].record.depends.push_back("nothing");
  const auto all = lock::check(lock, spec_of(kEnvironment), small_input());
  REQUIRE(all.size() == 1);
  CHECK(all[0].why == Lines{"no `nothing` is locked", "on linux-64, linux-aarch64"});
}
