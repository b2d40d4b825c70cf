#include "envlock/lock/lock.h"

#include "lock_fixtures.h"
#include "support/catch.h"

using namespace envlock_test;

namespace {

std::vector<std::string> categories_of(const lock::Lock& lock, const std::string& platform, const std::string& name) {
  for (const lock::LockedPlatform& each : lock.platforms) {
    if (each.platform.name != platform) continue;
    for (const lock::PlatformPackage& package : each.packages) {
      if (lock.packages[package.package].record.name == name) return package.categories;
    }
  }
  return {"absent"};
}

std::vector<std::string> texts(const std::vector<conda::Request>& requests) {
  std::vector<std::string> result;
  for (const conda::Request& request : requests) result.push_back(request.text);
  return result;
}

}  // namespace

TEST_CASE("a record that several platforms share is locked once") {
  const lock::Lock lock = small_lock();
  CHECK(lock.packages.size() == 9);
  CHECK(lock.platforms.size() == 2);
  CHECK(lock.platforms[0].packages.size() == 6);
}

TEST_CASE("packages carry the categories of the requests that reach them") {
  core::Notes notes;
  spec::Spec spec = spec_of("dependencies: [numpy]\n");
  const spec::Spec dev = spec_of("category: dev\ndependencies: [pip]\n");
  spec.requests.insert(spec.requests.end(), dev.requests.begin(), dev.requests.end());
  const lock::Lock lock = lock::make(spec, channels(), options(), solutions(), {});
  CHECK(categories_of(lock, "linux-64", "numpy") == std::vector<std::string>{"main"});
  CHECK(categories_of(lock, "linux-64", "libblas") == std::vector<std::string>{"main"});
  CHECK(categories_of(lock, "linux-64", "setuptools") == std::vector<std::string>{"dev"});
  CHECK(categories_of(lock, "linux-64", "tzdata") == std::vector<std::string>{"dev", "main"});
}

TEST_CASE("what no request reaches is not locked") {
  const lock::Lock lock = lock::make(spec_of("dependencies: [libblas]\n"), channels(), options(), solutions(), {});
  CHECK(lock.packages.size() == 2);
  CHECK(lock.packages[0].record.name == "libblas");
  CHECK(categories_of(lock, "linux-64", "numpy") == std::vector<std::string>{"absent"});
}

TEST_CASE("requests are kept in canonical text, sorted, with what they imply") {
  const lock::Lock lock = small_lock();
  CHECK(texts(lock.requests) == std::vector<std::string>{"numpy >=1.26,<3", "pip", "python 3.12.*"});
  CHECK(lock.requests[1].implied_by == "python");
}

TEST_CASE("a request that holds on some platforms reaches packages there only") {
  const lock::Lock lock = small_lock("dependencies:\n  - libblas\n  - tzdata  # [linux64]\n");
  CHECK(categories_of(lock, "linux-64", "tzdata") == std::vector<std::string>{"main"});
  CHECK(categories_of(lock, "linux-aarch64", "tzdata") == std::vector<std::string>{"absent"});
}

TEST_CASE("pip implied by a python of one platform is asked for on that platform only") {
  const lock::Lock lock = small_lock("dependencies:\n  - libblas\n  - python  # [linux64]\n");
  CHECK(categories_of(lock, "linux-64", "pip") == std::vector<std::string>{"main"});
  CHECK(categories_of(lock, "linux-aarch64", "pip") == std::vector<std::string>{"absent"});
  lock::FreshnessInput input = small_input();
  CHECK(lock::check(lock,
                    spec_of("channels: [conda-forge, bioconda]\ndependencies:\n  - libblas\n  - python  # [linux64]\n"),
                    input)
            .empty());
}

TEST_CASE("a hash that we computed ourselves is marked") {
  const lock::Lock lock = small_lock();
  for (const lock::LockedPackage& package : lock.packages) {
    CHECK(package.sha256_computed == (package.record.name == "tzdata"));
  }
}

TEST_CASE("make refuses what it could not read again, all at once") {
  std::vector<lock::PlatformSolution> bad = solutions();
  bad[0].solution.records[0].sha256.reset();
  bad[0].solution.records[3].file_name = "evil-3.12.7-hc5c86c4_0_cpython.conda";
  try {
    lock::make(spec_of(kEnvironment), channels(), options(), bad, {});
    FAIL("no error");
  } catch (const core::Error& error) {
    REQUIRE(error.diagnostics().size() == 2);
    CHECK(error.diagnostics()[0].code == "hash-missing");
    CHECK(error.diagnostics()[1].code == "record-invalid");
  }
}

TEST_CASE("no secret enters a lock") {
  std::vector<conda::Channel> secret = channels();
  secret[0].base = "https://user:pass@conda.anaconda.org/t/tk-123/conda-forge";
  std::vector<lock::PlatformSolution> from_there = solutions();
  for (lock::PlatformSolution& each : from_there) {
    for (conda::PackageRecord& one : each.solution.records) one.channel = secret[0].base;
  }
  const std::string text = lock::format(lock::make(
      spec_of("dependencies: [\"numpy[url='https://u:pass@host/t/tk-123/c/linux-64/numpy-1-0.conda']\", numpy]\n"),
      secret, options(), from_there, {}));
  CHECK(text.find("pass") == std::string::npos);
  CHECK(text.find("tk-123") == std::string::npos);
  CHECK(mistakes_of(text).empty());
}
