#include <algorithm>
#include <filesystem>

#include "envlock/core/url.h"
#include "install_set_fixtures.h"
#include "support/catch.h"
#include "support/shared_data.h"

// Every real lock of other tools, as something to install.

using namespace envlock_test;

namespace {

std::size_t count(const lock::InstallSet& set, bool wheels) {
  std::size_t all = 0;
  for (const lock::InstallPlatform& each : set.platforms) all += wheels ? each.wheels.size() : each.packages.size();
  return all;
}

}  // namespace

// Counts taken with Python's yaml from the same files: distinct names a platform, of conda and of pip.
TEST_CASE("real locks hold as many packages as were written into them") {
  const auto shared = shared_folder();
  if (!shared) {
    WARN("skipped: no shared data");
    return;
  }
  struct Case {
    const char* file;
    std::size_t packages;
    std::size_t wheels;
  };
  const auto want = GENERATE(values<Case>({
      {"conda-lock/01-ai+Yi__conda-lock.yml", 186, 2},
      {"conda-lock/EricChen521+atm__conda-lock.yml", 392, 22},
      {"conda-lock/FSadrieh+BERTchen__conda-lock.yml", 616, 21},
      {"conda-lock/conda+conda-lock__environments__conda-lock-python-3.14.yaml", 960, 5},
      {"conda-lock/conda+conda-lock__example__zlib__conda-lock.yml", 13, 0},
      {"conda-lock/conda+conda-lock__tests__test-environment-blas-mkl__conda-lock.yml", 109, 0},
      {"conda-lock/conda-incubator+conda-lockfiles__tests__data__conda-lock-metadata__conda-lock.yml", 14, 0},
      {"conda-lock/conda-incubator+conda-lockfiles__tests__data__environments__single_package__conda-lock.yml", 1, 0},
      {"conda-lock/conda-incubator+conda-project__examples__cmds-and-vars__conda-lock.default.yml", 55, 0},
      {"conda-lock/conda-incubator+conda-project__examples__multi-env-files__conda-lock.test.yml", 85, 0},
      {"conda-lock/konstantinjdobler+nlp-research-template__conda-lock.yml", 860, 21},
      {"conda-lock/mamba-org+setup-micromamba__test__conda-lock.yml", 69, 0},
      {"explicit/GeoSense-Freiburg+DepthMap__conda-linux-64.lock", 199, 1},
      {"explicit/GeoSense-Freiburg+DepthMap__conda-osx-64.lock", 146, 1},
      {"explicit/GeoSense-Freiburg+DepthMap__conda-win-64.lock", 83, 1},
      {"explicit/conda+conda-libmamba-solver__tests__data__gvleobas.linux-64.lock", 214, 0},
      {"explicit/conda+conda-libmamba-solver__tests__data__gvleobas.win-64.lock", 158, 0},
      {"explicit/conda+conda-libmamba-solver__tests__data__mambaforge.linux-64.lock", 57, 0},
      {"explicit/conda+conda-libmamba-solver__tests__data__pangeo_ml_notebook.linux-64.lock", 629, 0},
      {"explicit/conda+conda-libmamba-solver__tests__data__scipipe.linux-64.lock", 284, 0},
      {"explicit/conda+conda-libmamba-solver__tests__data__scipipe.osx-64.lock", 280, 0},
      {"explicit/conda+conda-lock__tests__zlib__conda-linux-64.lock", 6, 0},
      {"explicit/conda+conda-lock__tests__zlib__conda-osx-64.lock", 2, 0},
      {"explicit/conda+conda-lock__tests__zlib__conda-win-64.lock", 6, 0},
      {"explicit/conda+conda__tests__env__support__explicit.txt", 2, 0},
      {"explicit/conda+rattler__test-data__python__explicit-env-linux-64.txt", 22, 0},
      {"explicit/conda+rattler__test-data__python__explicit-env-linux-aarch64.txt", 21, 0},
      {"explicit/conda+rattler__test-data__python__explicit-env-linux-ppc64le.txt", 22, 0},
      {"explicit/conda+rattler__test-data__python__explicit-env-osx-64.txt", 15, 0},
      {"explicit/conda+rattler__test-data__python__explicit-env-osx-arm64.txt", 15, 0},
      {"explicit/conda+rattler__test-data__python__explicit-env-win-64.txt", 16, 0},
      {"pixi/6cyc6+gausstwin__pixi.lock", 380, 22},
      {"pixi/basnijholt+pixi-to-conda-lock__tests__test_data__pixi.lock", 5, 0},
      {"pixi/conda+ceps__pixi.lock", 375, 0},
      {"pixi/conda+rattler__pixi.lock", 220, 0},
      {"pixi/conda-incubator+conda-lockfiles__tests__data__environments__single_package__pixi.lock", 1, 0},
      {"pixi/conda-incubator+conda-lockfiles__tests__data__pixi-metadata__pixi.lock", 4, 0},
      {"pixi/conda-incubator+conda-lockfiles__tests__data__pixi__pixi.lock", 2, 0},
      {"pixi/mamba-org+resolvo__pixi.lock", 119, 0},
      {"pixi/prefix-dev+setup-pixi__test__auth-s3__pixi.lock", 319, 0},
      {"pixi/prefix-dev+setup-pixi__test__auth__pixi.lock", 80, 0},
      {"pixi/prefix-dev+setup-pixi__test__bzip2__pixi.lock", 20, 0},
      {"pixi/prefix-dev+setup-pixi__test__default__pixi.lock", 82, 0},
      {"pixi/prefix-dev+setup-pixi__test__lockfile-not-up-to-date__pixi.lock", 57, 0},
      {"pixi/prefix-dev+setup-pixi__test__multiple-environments__pixi.lock", 123, 0},
      {"pixi/prefix-dev+setup-pixi__test__old-pixi-lockfiles__pixi.lock", 62, 0},
      {"pixi/prefix-dev+setup-pixi__test__pyproject-manifest__pixi.lock", 62, 33},
  }));
  core::Notes notes;
  INFO(want.file);
  const lock::InstallSet set = lock::read_install_set(*shared / "data" / "locks" / want.file, notes);
  CHECK(count(set, false) == want.packages);
  CHECK(count(set, true) == want.wheels);
  CHECK(set.bytes.size() == std::filesystem::file_size(*shared / "data" / "locks" / want.file));
}

TEST_CASE("what every real lock says of a package agrees with itself") {
  const auto shared = shared_folder();
  if (!shared) {
    WARN("skipped: no shared data");
    return;
  }
  Lines refused;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*shared / "data" / "locks")) {
    if (!entry.is_regular_file()) continue;
    INFO(entry.path());
    core::Notes notes;
    lock::InstallSet set;
    try {
      set = lock::read_install_set(entry.path(), notes);
    } catch (const core::Error& error) {
      refused.push_back(error.diagnostics().front().what);
      continue;
    }
    CHECK(count(set, false) > 0);
    for (const lock::InstallPlatform& platform : set.platforms) {
      const auto by_name = [](const auto& left, const auto& right) { return left.record.name < right.record.name; };
      CHECK(std::is_sorted(platform.packages.begin(), platform.packages.end(), by_name));
      for (const lock::InstallPackage& each : platform.packages) {
        const conda::PackageRecord& record = each.record;
        CHECK((conda::package_url(record) == each.url || !core::looks_like_url(each.url)));
        CHECK((record.subdir == "noarch" || record.subdir == platform.platform.subdir));
        CHECK(record.channel.find("//") == record.channel.rfind("//"));
        CHECK_FALSE(record.channel.ends_with('/'));
      }
    }
  }
  std::sort(refused.begin(), refused.end());
  CHECK(refused == Lines{"`metadata` is missing", "`metadata` must be a map", "`package` is missing"});
}
