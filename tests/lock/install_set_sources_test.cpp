#include <functional>

#include "envlock/lock/install_set.h"
#include "pip_fixtures.h"
#include "support/catch.h"

using namespace envlock_test;

namespace {

/// The lock with the distribution made one of another source, as an install set.
lock::InstallSet set_with(const std::function<void(lock::LockedDistribution&)>& change) {
  lock::Lock lock = pip_lock();
  for (lock::LockedDistribution& each : lock.distributions) {
    if (each.name == "filelock") change(each);
  }
  core::Notes notes;
  return lock::parse_install_set(lock::format(lock), "envlock.lock", "/folder", notes);
}

}  // namespace

TEST_CASE("what a lock names without a wheel is a source of its platform, and no obstacle") {
  const lock::InstallSet set = set_with([](lock::LockedDistribution& each) {
    each = {.source = lock::LockedDistribution::Source::directory,
            .name = each.name,
            .version = each.version,
            .url = "./file",
            .editable = true};
  });
  const lock::InstallPlatform& platform = set.platforms.front();
  CHECK(platform.obstacles.empty());
  CHECK(platform.wheels.size() == 2);
  REQUIRE(platform.sources.size() == 1);
  CHECK(platform.sources.front().distribution.url == "./file");
  CHECK(platform.sources.front().categories == std::vector<std::string>{"dev", "main"});
  CHECK(lock::only_categories(platform, {"dev"}).sources.size() == 1);
  CHECK(platform.pip_names ==
        std::vector<std::string>{"colorama", "filelock", "numpy", "pytest", "setuptools", "torch", "wandb"});
  REQUIRE(set.pip);
  CHECK(set.pip->lines.size() == 3);
}

TEST_CASE("a built wheel's source distribution has its place at the index") {
  const lock::InstallSet set = set_with([](lock::LockedDistribution& each) {
    each.source = lock::LockedDistribution::Source::built;
    each.built_file = each.file;
    each.built_sha256 = core::sha256("built");
    each.file = "filelock-3.16.1.tar.gz";
    each.url = "../files/filelock-3.16.1.tar.gz";
  });
  REQUIRE(set.platforms.front().sources.size() == 1);
  CHECK(set.platforms.front().sources.front().url == "https://pypi.org/files/filelock-3.16.1.tar.gz");
}
