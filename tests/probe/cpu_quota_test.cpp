#include "cpu_quota.h"

#include <filesystem>
#include <fstream>

#include "support/catch.h"
#include "support/temporary_folder.h"

namespace envlock::probe {
namespace {

/// A tree of control groups.
struct Groups {
  envlock_test::TemporaryFolder folder;
  std::string root = folder.path().string();

  void write(const std::string& file, const std::string& text) const {
    const std::filesystem::path path = folder.path() / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
};

TEST_CASE("without a quota there is no limit") {
  const Groups groups;
  CHECK(quota_threads(groups.root, "") == 0);
  CHECK(quota_threads(groups.root, "0::/\n") == 0);
  groups.write("cpu.max", "max 100000\n");
  CHECK(quota_threads(groups.root, "0::/\n") == 0);
  groups.write("cpu/cpu.cfs_quota_us", "-1\n");
  groups.write("cpu/cpu.cfs_period_us", "100000\n");
  CHECK(quota_threads(groups.root, "1:cpu:/\n0::/\n") == 0);
}

TEST_CASE("a container's quota stands in the root, whatever group of the host it is said to be in") {
  const Groups unified;
  unified.write("cpu.max", "250000 100000\n");
  CHECK(quota_threads(unified.root, "0::/\n") == 3);
  CHECK(quota_threads(unified.root, "0::/system.slice/docker-1234.scope\n") == 3);
  CHECK(quota_threads(unified.root, "") == 3);
  const Groups version1;
  version1.write("cpu/cpu.cfs_quota_us", "50000\n");
  version1.write("cpu/cpu.cfs_period_us", "100000\n");
  CHECK(quota_threads(version1.root, "4:cpu,cpuacct:/docker/1234\n") == 1);
}

TEST_CASE("the least quota of all groups above counts") {
  const Groups groups;
  groups.write("a/cpu.max", "400000 100000\n");
  groups.write("a/b/cpu.max", "200000 100000\n");
  groups.write("a/b/c/cpu.max", "max 100000\n");
  CHECK(quota_threads(groups.root, "0::/a/b/c\n") == 2);
  CHECK(quota_threads(groups.root, "0::/a\n") == 4);
  CHECK(quota_threads(groups.root, "0::/elsewhere\n") == 0);
  groups.write("cpu/job/cpu.cfs_quota_us", "100000\n");
  groups.write("cpu/job/cpu.cfs_period_us", "100000\n");
  CHECK(quota_threads(groups.root, "3:memory:/job\n2:cpuacct,cpu:/job/step\n0::/a\n") == 1);
  CHECK(quota_threads(groups.root, "3:cpuset:/job\n0::/a\n") == 4);
}

TEST_CASE("files that make no sense set no limit") {
  for (const std::string text : {"", "0 100000", "100000 0", "-5 100000", "many 100000", "100000"}) {
    const Groups groups;
    groups.write("cpu.max", text);
    CHECK(quota_threads(groups.root, "0::/\n::\nnonsense\n") == 0);
  }
  const Groups generous;
  generous.write("cpu.max", "1e300 1");
  CHECK(quota_threads(generous.root, "0::relative\n") > 1000);
}

}  // namespace
}  // namespace envlock::probe
