#include "install_set_fixtures.h"
#include "support/catch.h"

// pixi.lock as something to install.

using namespace envlock_test;

namespace {

const std::string kEnvironments =
    "environments:\n  default:\n    channels: [{url: https://conda.anaconda.org/conda-forge/}]\n    packages:\n"
    "      linux-64:\n      - conda: " +
    kUrl +
    "\n      - conda: https://conda.anaconda.org/conda-forge/noarch/six-1.16.0-pyhd8ed1ab_1.conda\n"
    "      - pypi: https://f.example/some_thing-2.0-py3-none-any.whl\n";
const std::string kPackages =
    "packages:\n- conda: " + kUrl + "\n  sha256: " + kSha + "\n  md5: " + kMd5 +
    "\n  depends: [__glibc >=2.17, libzlib 1.3.1]\n  constrains: [x <1]\n  license: Zlib\n"
    "  size: 92286\n  timestamp: 1727963148474\n  track_features: [b, a]\n"
    "- conda: https://conda.anaconda.org/conda-forge/noarch/six-1.16.0-pyhd8ed1ab_1.conda\n"
    "  md5: " +
    kMd5 +
    "\n- pypi: https://f.example/some_thing-2.0-py3-none-any.whl\n  name: Some_Thing\n  version: '2.0'\n  sha256: " +
    kSha + "\n";

}  // namespace

TEST_CASE("a pixi.lock gives whole records, and what follows from a URL where it is silent") {
  const lock::InstallSet set = read("version: 6\n" + kEnvironments + kPackages);
  CHECK(set.format == lock::LockFormat::pixi);
  REQUIRE(set.platforms.size() == 1);
  CHECK(summary(set.platforms[0]) == Lines{"six 1.16.0 pyhd8ed1ab_1 noarch main", "zlib 1.3.1 hb9d3cd8_2 linux-64 main",
                                           "wheel some-thing 2.0 main"});
  const conda::PackageRecord& zlib = set.platforms[0].packages[1].record;
  CHECK(zlib.depends == Lines{"__glibc >=2.17", "libzlib 1.3.1"});
  CHECK(zlib.constrains == Lines{"x <1"});
  CHECK(zlib.license == "Zlib");
  CHECK(zlib.size == 92286u);
  CHECK(zlib.timestamp == 1727963148474);
  CHECK(zlib.track_features == Lines{"a", "b"});
  CHECK(zlib.build_number == 2);
  CHECK(zlib.noarch.empty());
  CHECK(set.platforms[0].packages[0].record.noarch == "python");
  CHECK(set.platforms[0].obstacles.empty());
}

TEST_CASE("version 7 names profiles and what they assume") {
  const lock::InstallSet set = read(
      "version: 7\nplatforms:\n- name: gpu\n  subdir: linux-64\n  virtual-packages: ['__unix=0=0', '__cuda=12.8', "
      "'__archspec=0=x86_64_v3']\n" +
      replaced(kEnvironments, "      linux-64:", "      gpu:") + kPackages);
  const conda::Platform& platform = set.platforms[0].platform;
  CHECK(platform.name == "gpu");
  CHECK(platform.subdir == "linux-64");
  CHECK(platform.virtual_packages == std::vector<conda::VirtualPackage>{{"__archspec", "0", "x86_64_v3"},
                                                                        {"__cuda", "12.8", "0"},
                                                                        {"__unix", "0", "0"}});
  CHECK(set.platforms[0].packages.size() == 2);
}

TEST_CASE("versions 4 and 5 say kind and url") {
  const lock::InstallSet set =
      read("version: 4\n" + kEnvironments +
           "packages:\n- kind: conda\n  name: zlib\n  version: 1.3.1\n  build: hb9d3cd8_2\n  build_number: 7\n  "
           "subdir: linux-64\n  url: " +
           kUrl + "\n  sha256: " + kSha +
           "\n- kind: conda\n  url: https://conda.anaconda.org/conda-forge/noarch/six-1.16.0-pyhd8ed1ab_1.conda\n  "
           "subdir: linux-64\n  md5: " +
           kMd5 +
           "\n- kind: pypi\n  name: some_thing\n  version: '2.0'\n  url: "
           "https://f.example/some_thing-2.0-py3-none-any.whl\n  sha256: " +
           kSha + "\n");
  CHECK(summary(set.platforms[0]).size() == 3);
  CHECK(set.platforms[0].packages[1].record.build_number == 7);
  CHECK(set.platforms[0].packages[0].record.subdir == "noarch");  // the URL knows better
}

TEST_CASE("an environment may be chosen, and the usual one is taken otherwise") {
  const std::string two =
      "version: 6\n" +
      replaced(kEnvironments, "  default:", "  test:\n    packages: {linux-64: [{conda: " + kUrl + "}]}\n  default:") +
      kPackages;
  CHECK(read(two, "test").platforms[0].packages.size() == 1);
  CHECK(read(two, "default").platforms[0].packages.size() == 2);
  core::Notes notes;
  CHECK(lock::parse_install_set(two, "x", ".", notes).platforms[0].packages.size() == 2);
  CHECK(codes(notes) == Lines{"lock-environment"});
  CHECK(mistake(two, "tset") == "lock-environment-unknown: `x.lock` has no environment `tset`\n");
  // pixi writes an empty default for whoever works in named environments only.
  const std::string empty = replaced(two, "  default:", "  default:\n    packages: {}\n  other:");
  CHECK(read(empty).platforms[0].packages.size() == 1);
}

TEST_CASE("a channel beside the URL is the record's, and the URL is where its file lies") {
  const lock::InstallSet set = read("version: 6\n" + kEnvironments +
                                    replaced(kPackages, "  license: Zlib", "  channel: https://u:pw@c.example/forge/"));
  const conda::PackageRecord& zlib = set.platforms[0].packages[1].record;
  CHECK(zlib.channel == "https://c.example/forge");
  CHECK(zlib.url == kUrl);
}

TEST_CASE("what would have to be built is an obstacle") {
  const std::string text =
      "version: 6\n" +
      replaced(kEnvironments, "      - pypi: https://f.example/some_thing-2.0-py3-none-any.whl\n",
               "      - conda: .\n      - conda_source: 'mine[0123abcd] @ git+https://u:pw@g.example/mine'\n      - "
               "pypi: ./lib\n") +
      replaced(kPackages, "- pypi: https://f.example/some_thing-2.0-py3-none-any.whl\n  name: Some_Thing",
               "- conda: .\n  name: own\n- pypi: ./lib\n  name: lib");
  const lock::InstallSet set = read(text);
  CHECK(obstacles(set.platforms[0]) ==
        Lines{"lock-source-package @9", "lock-source-package @10", "lock-source-package @11"});
  CHECK(set.platforms[0].obstacles[0].what.starts_with("`own` would have to be built from `.`"));
  CHECK(set.platforms[0].obstacles[1].what.starts_with(
      "`mine` would have to be built from `git+https://***:***@g.example/mine`"));
  CHECK(set.platforms[0].obstacles[2].what.starts_with("`lib` would"));
}

TEST_CASE("mistakes in a pixi.lock have places") {
  CHECK(mistake("version: 8\n" + kEnvironments + kPackages) ==
        "lock-version: this version of pixi.lock is not known: 8 @1:10\n");
  CHECK(mistake("version: 6\n" + kEnvironments + "packages: []\n") ==
        "lock-invalid: this package is not one of `packages` @7:9\n"
        "lock-invalid: this package is not one of `packages` @8:9\n"
        "lock-invalid: this package is not one of `packages` @9:9\n");
  CHECK(mistake("version: 6\n" + kEnvironments +
                replaced(replaced(kPackages, kSha, "xyz"), "size: 92286", "size: big")) ==
        "lock-invalid: a sha256 has 64 hexadecimal digits @12:11\n"
        "lock-invalid: `size` must be a whole number @17:9\n");
  CHECK(mistake("version: 7\nplatforms: [{name: a, virtual-packages: [glibc]}]\n" + kEnvironments + kPackages) ==
        "lock-invalid: `glibc` is not a virtual package @2:42\n");
}
