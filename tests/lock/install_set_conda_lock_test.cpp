#include "install_set_fixtures.h"
#include "support/catch.h"

// conda-lock.yml as something to install.

using namespace envlock_test;

namespace {

const std::string kHead =
    "version: 1\nmetadata:\n  content_hash: {linux-64: abc}\n  channels: [{url: conda-forge}]\n"
    "  platforms: [linux-64, osx-arm64]\npackage:\n";

std::string entry(const std::string& name, const std::string& more, const std::string& depends = "{}") {
  return "- name: " + name + "\n  version: '1.0'\n  manager: conda\n  platform: linux-64\n  dependencies: " + depends +
         "\n  url: https://h.example/c/linux-64/" + name + "-1.0-h0_3.conda\n  hash: {md5: " + kMd5 +
         ", sha256: " + kSha + "}\n" + more + "  optional: false\n";
}

std::string wheel(const std::string& name, const std::string& category, const std::string& depends = "{}") {
  return "- name: " + name + "\n  version: '2.0'\n  manager: pip\n  platform: linux-64\n  dependencies: " + depends +
         "\n  url: https://f.example/" + name + "-2.0-py3-none-any.whl\n  hash: {sha256: " + kSha +
         "}\n  category: " + category + "\n  optional: true\n";
}

}  // namespace

TEST_CASE("a conda-lock.yml gives packages, wheels and platforms, with categories folded") {
  const lock::InstallSet set = read(kHead + entry("b", "  category: main\n") + entry("b", "  category: dev\n") +
                                    entry("a", "") + wheel("Some_Thing", "dev"));
  CHECK(set.format == lock::LockFormat::conda_lock);
  REQUIRE(set.platforms.size() == 2);
  CHECK(set.platforms[1].platform == conda::Platform{"osx-arm64", "osx-arm64", {}});
  CHECK(set.platforms[1].packages.empty());
  CHECK(summary(set.platforms[0]) ==
        Lines{"a 1.0 h0_3 linux-64 main", "b 1.0 h0_3 linux-64 dev main", "wheel some-thing 2.0 dev"});
  const conda::PackageRecord& record = set.platforms[0].packages[0].record;
  CHECK(record.sha256 == core::parse_sha256(kSha));
  CHECK(record.md5 == core::parse_md5(kMd5));
  CHECK(record.build_number == 3);
  CHECK(record.channel == "https://h.example/c");
  CHECK(set.platforms[0].packages[0].url == "https://h.example/c/linux-64/a-1.0-h0_3.conda");
}

TEST_CASE("dependencies become specs, as a map or as pixi's list") {
  const lock::InstallSet set =
      read(kHead + entry("a", "", "{b: '>=1,<2', __unix: '', c: 1.2.* *_cp312}") + entry("b", "", "[c >=1, \"d\"]"));
  CHECK(set.platforms[0].packages[0].record.depends == Lines{"b >=1,<2", "__unix", "c 1.2.* *_cp312"});
  CHECK(set.platforms[0].packages[1].record.depends == Lines{"c >=1", "d"});
}

TEST_CASE("whatever a category needs is in it, over packages and wheels") {
  const lock::InstallSet set =
      read(kHead + entry("a", "  category: dev\n", "{b: '*'}") + entry("b", "", "{c: '*'}") + entry("c", "") +
           entry("d", "") + wheel("w", "test", "{d: '*', v: '>=1'}") + wheel("v", "main"));
  CHECK(summary(set.platforms[0]) == Lines{"a 1.0 h0_3 linux-64 dev", "b 1.0 h0_3 linux-64 dev main",
                                           "c 1.0 h0_3 linux-64 dev main", "d 1.0 h0_3 linux-64 main test",
                                           "wheel v 2.0 main test", "wheel w 2.0 test"});
}

TEST_CASE("fields that only pixi's first versions wrote are read") {
  const lock::InstallSet set =
      read(kHead + entry("a",
                         "  build: h0_3\n  subdir: linux-64\n  build_number: 16\n  license: MIT\n  size: 42\n"
                         "  timestamp: 1600000000\n  noarch: generic\n  constrains: [z <1]\n"));
  const conda::PackageRecord& record = set.platforms[0].packages[0].record;
  CHECK(record.build_number == 16);
  CHECK(record.license == "MIT");
  CHECK(record.size == 42u);
  CHECK(record.timestamp == 1600000000000);
  CHECK(record.noarch == "generic");
  CHECK(record.constrains == Lines{"z <1"});
}

TEST_CASE("mistakes in a conda-lock.yml are told all at once, with places and without secrets") {
  CHECK(mistake("version: 9\nmetadata: {}\npackage: []\n") ==
        "lock-version: this version of conda-lock's format is not known: 9 @1:10\n");
  CHECK(mistake("version: 1\npackage: []\n") == "lock-invalid: `metadata` is missing @1:1\n");
  const std::string two = kHead + entry("a", "") + replaced(entry("a", ""), "h0_3", "h0_4");
  CHECK(mistake(two) ==
        "lock-invalid: platform `linux-64` has two packages named `a`: `linux-64/a-1.0-h0_3.conda` and "
        "`linux-64/a-1.0-h0_4.conda` @15:3\n");
  CHECK(mistake(kHead + replaced(entry("a", ""), kSha, "abc") + "- 3\n- {name: x}\n" +
                replaced(entry("b", ""), "manager: conda", "manager: npm")) ==
        "lock-invalid: a sha256 has 64 hexadecimal digits @13:57\n"
        "lock-invalid: each package must be a map @15:3\n"
        "lock-invalid: `manager` is missing @16:3\n"
        "lock-invalid: `manager` must be `conda` or `pip` @19:12\n");
  // A name that hides another package.
  CHECK(mistake(kHead + replaced(entry("a", ""), "linux-64/a-", "linux-64/evil-")) ==
        "lock-invalid: the file `evil-1.0-h0_3.conda` is not what its entry says: `a 1.0` @12:8\n");
  CHECK(mistake(kHead + replaced(entry("a", ""), "c/linux-64", "c/win-64")) ==
        "lock-invalid: `a-1.0-h0_3.conda` is of `win-64`, not of platform `linux-64` @7:3\n");
  core::Notes notes;
  try {
    lock::parse_install_set(kHead + replaced(entry("a", ""), "https://h.example/c/linux-64/a-1.0-h0_3.conda",
                                             "https://u:hunter2@h.example/t/tk-1/x"),
                            "x", ".", notes);
    FAIL("no error");
  } catch (const core::Error& error) {
    const core::Diagnostic& first = error.diagnostics()[0];
    CHECK((first.what + first.where->text).find("hunter2") == std::string::npos);
    CHECK((first.what + first.where->text).find("tk-1") == std::string::npos);
  }
}

TEST_CASE("entries without hash and pip dependencies from a repository are obstacles") {
  const lock::InstallSet set =
      read(kHead + replaced(entry("a", ""), "  hash: {md5: " + kMd5 + ", sha256: " + kSha + "}\n", "  hash: {}\n") +
           replaced(wheel("w", "main"), "https://f.example/w-2.0-py3-none-any.whl", "git+https://g.example/w.git"));
  CHECK(obstacles(set.platforms[0]) == Lines{"hash-missing @7", "lock-source-package @15"});
}
