#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "envlock/core/diagnostic.h"
#include "envlock/prefix/conda_meta.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;

namespace {

std::string meta(const std::string& name) {
  return R"({"name": ")" + name + R"(", "version": "1", "build": "0", "files": ["bin/)" + name + "\"]}";
}

}  // namespace

TEST_CASE("a broken file is told of, and the others are read all the same") {
  const envlock_test::TemporaryFolder folder;
  folder.write("conda-meta/zlib-1-0.json", meta("zlib"));
  folder.write("conda-meta/a-b-1-0.json", meta("a-b"));
  folder.write("conda-meta/a-1-0.json", meta("a"));
  folder.write("conda-meta/y-1-0.json", "{");
  folder.write("conda-meta/b-1-0.json", meta("c"));
  folder.write("conda-meta/._a-1-0.json", "\x00\x05\x16\x07");
  folder.write("conda-meta/.hidden.json", "{");
  folder.write("conda-meta/history", "");
  folder.write("conda-meta/envlock.lock", "");
  std::filesystem::create_directory(folder.path() / "conda-meta/f-1-0.json");
  REQUIRE(mkfifo((folder.path() / "conda-meta/p-1-0.json").c_str(), 0600) == 0);
  std::filesystem::create_symlink("nowhere", folder.path() / "conda-meta/q-1-0.json");
  const prefix::InstalledPackages installed = prefix::read_conda_meta(folder.path());
  REQUIRE(installed.packages.size() == 3);
  CHECK(installed.packages[0].record.name == "a");
  CHECK(installed.packages[0].meta_file == "a-1-0.json");
  CHECK(installed.packages[1].record.name == "a-b");
  CHECK(installed.packages[2].record.name == "zlib");
  REQUIRE(installed.broken.size() == 5);
  const std::string names[] = {"b", "f", "p", "q", "y"};
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(installed.broken[i].code == "conda-meta-invalid");
    CHECK(installed.broken[i].what.find(names[i] + "-1-0.json") != std::string::npos);
  }
}

TEST_CASE("a folder without conda-meta is no environment") {
  const envlock_test::TemporaryFolder folder;
  CHECK_FALSE(prefix::is_environment(folder.path()));
  CHECK_FALSE(prefix::is_environment(folder.path() / "missing"));
  try {
    prefix::read_conda_meta(folder.path());
    FAIL("it was read");
  } catch (const core::Error& error) {
    CHECK(error.diagnostics().front().code == "no-environment");
  }
  folder.write("conda-meta/envlock.lock", "");
  CHECK_FALSE(prefix::is_environment(folder.path()));
  CHECK(prefix::read_conda_meta(folder.path()).packages.empty());
  folder.write("conda-meta/history", "");
  CHECK(prefix::is_environment(folder.path()));
}

TEST_CASE("one conda-meta file makes an environment") {
  const envlock_test::TemporaryFolder folder;
  folder.write("conda-meta/._x.json", "");
  CHECK_FALSE(prefix::is_environment(folder.path()));
  folder.write("conda-meta/x-1-0.json", "");
  CHECK(prefix::is_environment(folder.path()));
}
