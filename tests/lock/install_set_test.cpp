#include "envlock/lock/install_set.h"

#include <cstdlib>
#include <filesystem>

#include "install_set_fixtures.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock_test;

namespace {

/// Sets a variable of the process for the life of this.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Variable() { unsetenv(name_); }

 private:
  const char* name_;
};

const std::string kHead = "@EXPLICIT\n";

}  // namespace

TEST_CASE("an envlock.lock gives what each platform holds, with categories and what was asked for") {
  const lock::InstallSet set = read(lock::format(small_lock()));
  CHECK(set.format == lock::LockFormat::envlock);
  CHECK(set.variables == std::map<std::string, std::string>{{"OMP_NUM_THREADS", "4"}});
  REQUIRE(set.platforms.size() == 2);
  CHECK(set.platforms[0].platform == linux_64());
  CHECK(summary(set.platforms[0]) ==
        Lines{"libblas 3.9.0 26_openblas linux-64 main", "numpy 1.26.4 py312heda63a1_0 linux-64 main",
              "pip 24.3.1 pyh8b19718_2 noarch main", "python 3.12.7 hc5c86c4_0_cpython linux-64 main",
              "setuptools 75.8.0 pyhff2d567_0 noarch main", "tzdata 2025a h78e105d_0 noarch main"});
  const auto requested = [&](std::size_t i) { return set.platforms[0].packages[i].requested_specs; };
  CHECK(requested(1) == Lines{"numpy >=1.26,<3"});
  CHECK(requested(3) == Lines{"python 3.12.*"});
  CHECK(requested(2).empty());  // implied by python
  CHECK(set.platforms[0].packages[1].url.empty());
  CHECK(set.platforms[0].obstacles.empty());
}

TEST_CASE("a line that holds on some platforms was not asked for on the others") {
  const lock::InstallSet set =
      read(lock::format(small_lock(replaced(kEnvironment, "- python =3.12", "- python =3.12  # [aarch64]"))));
  const auto python = [&](std::size_t platform) {
    for (const lock::InstallPackage& each : set.platforms[platform].packages) {
      if (each.record.name == "python") return each.requested_specs;
    }
    return Lines{"absent"};
  };
  CHECK(python(0).empty());
  CHECK(python(1) == Lines{"python 3.12.*"});
}

TEST_CASE("a lock of a newer version is refused with the version that reads it") {
  const std::string newer = replaced(lock::format(small_lock()), "\"version\": 1", "\"version\": 9");
  CHECK(mistake(newer).starts_with("lock-version: "));
  CHECK(mistake("{}").starts_with("lock-invalid: "));
}

TEST_CASE("an @EXPLICIT file fills records from its URLs, with every form of hash") {
  const lock::InstallSet set =
      read("# platform: linux-64\n@EXPLICIT\n" + kUrl + "#" + kMd5 +
           "\nhttps://repo.anaconda.com/pkgs/main/noarch/six-1.16.0-pyh6c4a22f_0.tar.bz2#" + kSha +
           "\r\nhttps://conda.anaconda.org/conda-forge/label/dev/linux-64/bzip2-1.0.8-h4bc722e_7.conda#sha256:" + kSha +
           "\n");
  CHECK(set.format == lock::LockFormat::explicit_urls);
  REQUIRE(set.platforms.size() == 1);
  CHECK(set.platforms[0].platform == conda::Platform{"linux-64", "linux-64", {}});
  const auto& packages = set.platforms[0].packages;
  REQUIRE(packages.size() == 3);
  const conda::PackageRecord& bzip2 = packages[0].record;
  CHECK(bzip2.name == "bzip2");
  CHECK(bzip2.version == "1.0.8");
  CHECK(bzip2.build == "h4bc722e_7");
  CHECK(bzip2.build_number == 7);
  CHECK(bzip2.channel == "https://conda.anaconda.org/conda-forge/label/dev");
  CHECK(bzip2.subdir == "linux-64");
  CHECK(bzip2.file_name == "bzip2-1.0.8-h4bc722e_7.conda");
  CHECK_FALSE(bzip2.url);
  CHECK(bzip2.sha256 == core::parse_sha256(kSha));
  CHECK(packages[1].record.channel == "https://repo.anaconda.com/pkgs/main");
  CHECK(packages[1].record.sha256 == core::parse_sha256(kSha));
  CHECK(packages[2].record.md5 == core::parse_md5(kMd5));
  CHECK(packages[2].url == kUrl);
  CHECK(set.platforms[0].obstacles.empty());
  CHECK(packages[0].categories == Lines{"main"});
}

TEST_CASE("an @EXPLICIT file is for the platform of its packages, else of its comment, else for any") {
  CHECK(read(kHead + kUrl + "#" + kMd5).platforms[0].platform.subdir == "linux-64");
  const std::string noarch = "https://x.example/c/noarch/six-1.16.0-pyh6c4a22f_0.conda#" + kMd5 + "\n";
  CHECK(read(kHead + noarch).platforms[0].platform.subdir == "noarch");
  CHECK(read("# platform: osx-64\n" + kHead + noarch).platforms[0].platform.subdir == "osx-64");
  CHECK(mistake("# platform: osx-64\n" + kHead + kUrl + "#" + kMd5 + "\n") ==
        "lock-invalid: the file is for `osx-64` (line 1) and for `linux-64`, and can be for one platform only @3:0\n");
  CHECK(mistake(kHead + kUrl + "#" + kMd5 + "\n" + replaced(kUrl, "linux-64/zlib", "win-64/xz") + "#" + kMd5) ==
        "lock-invalid: the file is for `linux-64` (line 2) and for `win-64`, and can be for one platform only @3:0\n");
}

TEST_CASE("paths in an @EXPLICIT file start in the lock's folder, else in the working directory") {
  const TemporaryFolder folder;
  folder.write("locks/local/linux-64/near-1-0.conda", "");
  folder.write("here/linux-64/far-1-0.conda", "");
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path() / "here");
  core::Notes notes;
  const lock::InstallSet set = lock::parse_install_set(
      kHead + "local/linux-64/near-1-0.conda#" + kMd5 + "\nlinux-64/far-1-0.conda#" + kMd5 +
          "\n../channels/noarch/absent-1-0.conda#" + kMd5 + "\nflat-1-0.conda#" + kMd5 + "\n" +
          (folder.path() / "here/linux-64/whole-1-0.conda").string() + "#" + kMd5 + "\nfile://" +
          (folder.path() / "here/linux-64/url-1-0.conda").string() + "#" + kMd5 + "\n",
      "x.txt", folder.path() / "locks", notes);
  std::filesystem::current_path(before);
  const auto at = [&](std::size_t i) {
    const lock::InstallPackage& package = set.platforms.at(0).packages.at(i);
    return package.record.channel + " " + package.record.subdir + " " +
           std::filesystem::path(package.url).lexically_relative(folder.path()).string() + " " +
           package.record.url.value_or("-");
  };
  CHECK(at(0) == "../channels noarch channels/noarch/absent-1-0.conda -");
  CHECK(at(1) == "../here linux-64 here/linux-64/far-1-0.conda -");
  CHECK(at(2) == ". linux-64 locks/flat-1-0.conda ./flat-1-0.conda");
  CHECK(at(3) == "./local linux-64 locks/local/linux-64/near-1-0.conda -");
  CHECK(at(4) == "../here linux-64 here/linux-64/url-1-0.conda -");
  CHECK(at(5) == "../here linux-64 here/linux-64/whole-1-0.conda -");
}

TEST_CASE("a lock named without its folder lies in the working directory") {
  const TemporaryFolder folder;
  folder.write("list.txt", kHead + "./channel/noarch/a-1-0.conda#" + kMd5 + "\n");
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  core::Notes notes;
  const lock::InstallSet set = lock::read_install_set("list.txt", notes);
  const std::filesystem::path here = std::filesystem::current_path();
  std::filesystem::current_path(before);
  CHECK(set.platforms[0].packages[0].url == (here / "channel/noarch/a-1-0.conda").string());
  CHECK(set.platforms[0].packages[0].record.channel == "./channel");
}

TEST_CASE("variables and ~ are expanded to fetch, and secrets appear in nothing that is stored or shown") {
  const Variable token("ENVLOCK_TEST_TOKEN", "tk-hunter2");
  const Variable channel("ENVLOCK_TEST_CHANNEL", "lab");
  const Variable home("HOME", "/home/someone");
  core::Notes notes;
  const lock::InstallSet set = lock::parse_install_set(
      kHead + "https://u:pw@h.example/t/${ENVLOCK_TEST_TOKEN}/$ENVLOCK_TEST_CHANNEL/linux-64/a-1-0.conda?sig=xyz#" +
          kMd5 + "\nhttps://h.example/$ENVLOCK_TEST_TOKEN/linux-64/b-1-0.conda#" + kMd5 +
          "\n~/channel/linux-64/c-1-0.conda#" + kMd5 + "\nhttps://h.example/${ENVLOCK_NOT_SET}/linux-64/d-1-0.conda#" +
          kMd5 + "\n",
      "x.txt", "/project/locks", notes);
  const auto& packages = set.platforms[0].packages;
  CHECK(packages[0].url == "https://u:pw@h.example/t/tk-hunter2/lab/linux-64/a-1-0.conda?sig=xyz");
  CHECK(packages[0].record.channel == "https://h.example/lab");
  CHECK_FALSE(packages[0].record.url);
  CHECK(packages[1].url == "https://h.example/tk-hunter2/linux-64/b-1-0.conda");
  CHECK(packages[1].record.channel == "https://h.example/$ENVLOCK_TEST_TOKEN");
  CHECK(packages[2].url == "/home/someone/channel/linux-64/c-1-0.conda");
  CHECK(packages[2].record.channel == "../../home/someone/channel");
  CHECK(codes(notes) == Lines{"variable-unset"});
  CHECK(notes.all()[0].diagnostic.what.find("ENVLOCK_NOT_SET") != std::string::npos);
}

TEST_CASE("a Windows path is kept as it is") {
  const lock::InstallSet set = read("# platform: win-64\n" + kHead + "C:\\pkgs\\win-64\\bzip2-1.0.8-h4bc722e_7.conda#" +
                                    kMd5 + "\n\\\\server\\share\\noarch\\six-1.16.0-py_0.conda#" + kMd5 + "\n");
  const auto& packages = set.platforms[0].packages;
  CHECK(packages[0].url == "C:\\pkgs\\win-64\\bzip2-1.0.8-h4bc722e_7.conda");
  CHECK(packages[0].record.channel == "C:/pkgs");
  CHECK(packages[0].record.subdir == "win-64");
  CHECK(packages[1].record.channel == "//server/share");
}

TEST_CASE("escapes of a file name are read, and its URL is kept beside") {
  const lock::InstallSet set = read(kHead + "https://h.example/c/noarch/a-1%212.0-0.conda#" + kMd5 + "\n");
  const conda::PackageRecord& record = set.platforms[0].packages[0].record;
  CHECK(record.version == "1!2.0");
  CHECK(record.file_name == "a-1!2.0-0.conda");
  CHECK(record.url == "https://h.example/c/noarch/a-1%212.0-0.conda");
}

TEST_CASE("conda-lock's pip lines and whole wheels are wheels") {
  const lock::InstallSet set = read(kHead + kUrl + "#" + kMd5 +
                                    "\n# pip Ruamel.Yaml_clib @ https://f.example/ruamel.yaml.clib-0.2.8-cp312-cp312-"
                                    "manylinux_2_17_x86_64.whl#sha256=" +
                                    kSha + "\nhttps://f.example/six-1.16.0-py2.py3-none-any.whl#sha256:" + kSha + "\n");
  REQUIRE(set.platforms[0].wheels.size() == 2);
  CHECK(set.platforms[0].wheels[0].name == "ruamel-yaml-clib");
  CHECK(set.platforms[0].wheels[0].version == "0.2.8");
  CHECK(set.platforms[0].wheels[0].sha256 == core::parse_sha256(kSha));
  CHECK(set.platforms[0].wheels[1].name == "six");
  CHECK(set.platforms[0].obstacles.empty());
}

TEST_CASE("what has no hash, or must be built, can be compared but not installed") {
  const lock::InstallSet set = read(kHead + kUrl + "\nhttps://x.example/c/noarch/six-1.16.0-pyh6c4a22f_0.conda\n" +
                                    "# pip a @ https://u:pw@f.example/a-1.0.tar.gz#sha256=" + kSha +
                                    "\n# pip b @ https://f.example/b-1.0-py3-none-any.whl\n");
  CHECK(set.platforms[0].packages.size() == 2);
  CHECK(set.platforms[0].wheels.size() == 2);
  CHECK(obstacles(set.platforms[0]) ==
        Lines{"hash-missing @2", "hash-missing @3", "lock-source-package @4", "hash-missing @5"});
  CHECK(set.platforms[0].obstacles[2].what ==
        "`a` would have to be built from `https://***:***@f.example/a-1.0.tar.gz`, and only finished packages and "
        "wheels are installed");
  CHECK(set.platforms[0].obstacles[2].where->text.find("pw") == std::string::npos);
  CHECK_THROWS_AS(lock::choose_platform(set, "linux-64", {}, "x.txt"), core::Error);
  CHECK_THROWS_AS(lock::platform_named(set, "linux-64", "x.txt"), core::Error);
}

TEST_CASE("mistakes in an @EXPLICIT file are told all at once, each with its line and no secret") {
  CHECK(mistake(kHead + kUrl + "#123\nhttps://u:hunter2@x.example/noarch/readme.txt\n" + kUrl + "#" + kMd5 + "\n" +
                replaced(kUrl, "zlib-1.3.1", "zlib-1.2.13") + "#" + kMd5 + "\n" +
                "https://x.example/noarch/UPPER%20CASE-1-0.conda#" + kMd5 + "\n") ==
        "lock-invalid: `123` is no hash @2:0\n"
        "lock-invalid: this names no conda package file: `https://x.example/noarch/readme.txt` @3:0\n"
        "lock-invalid: `UPPER CASE-1-0.conda` is not named as a conda package is: NAME-VERSION-BUILD @6:0\n"
        "lock-invalid: platform `linux-64` has two packages named `zlib`: `linux-64/zlib-1.3.1-hb9d3cd8_2.conda` and "
        "`linux-64/zlib-1.2.13-hb9d3cd8_2.conda` @5:0\n");
  // The same line twice says nothing new.
  CHECK(read(kHead + kUrl + "#" + kMd5 + "\n" + kUrl + "#" + kMd5).platforms[0].packages.size() == 1);
  CHECK(mistake(kHead + kUrl + "#" + kMd5 + "\n" + kUrl + "#" + kSha) ==
        "lock-invalid: `linux-64/zlib-1.3.1-hb9d3cd8_2.conda` stands twice in platform `linux-64`, with different "
        "hashes @3:0\n");
}

TEST_CASE("what is none of the locks cannot be installed") {
  CHECK(mistake("name: x\n") == "lock-unknown-format: `x.lock` is none of the locks that can be read\n");
  CHECK(mistake("") == "lock-unknown-format: `x.lock` is none of the locks that can be read\n");
  CHECK(mistake("\xFF\xFE\xFF") == "lock-unknown-format: `x.lock` is no text file\n");
  CHECK(mistake("a: [1, 2\nb: }").starts_with("lock-invalid: this is no YAML"));
}

TEST_CASE("categories choose what they reach") {
  lock::InstallPlatform platform = read(lock::format(small_lock())).platforms[0];
  platform.packages[0].categories = {"dev"};
  platform.packages[1].categories = {"dev", "main"};
  platform.wheels.push_back({.name = "w", .categories = {"test"}});
  CHECK(lock::only_categories(platform, {}).packages.size() == 6);
  const lock::InstallPlatform dev = lock::only_categories(platform, {"dev"});
  CHECK(dev.packages.size() == 2);
  CHECK(dev.wheels.empty());
  CHECK(lock::only_categories(platform, {"dev", "test"}).wheels.size() == 1);
  try {
    lock::only_categories(platform, {"dev", "doc"});
    FAIL("no error");
  } catch (const core::Error& error) {
    CHECK(error.diagnostics()[0].code == "unknown-category");
    CHECK(error.diagnostics()[0].hints == Lines{"these are there: dev, main, test"});
  }
}
