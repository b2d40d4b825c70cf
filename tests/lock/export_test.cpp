#include "envlock/lock/export.h"

#include "envlock/lock/import.h"
#include "pip_fixtures.h"
#include "support/catch.h"
#include "support/golden.h"

using namespace envlock_test;

namespace {

std::vector<std::string> order(const std::vector<conda::PackageRecord>& records) {
  std::string environment = "dependencies:\n";
  for (const conda::PackageRecord& each : records) environment += "  - " + each.name + "\n";
  const lock::Lock lock = lock::make(spec_of(environment), channels(), {}, {{linux_64(), {records}}}, {});
  std::vector<std::string> names;
  for (const lock::LockedPackage* each : lock::in_dependency_order(lock, lock.platforms[0])) {
    names.push_back(each->record.name);
  }
  return names;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("packages come after what they need, otherwise by name") {
  CHECK(order({record("a", "1", "0", {"c"}), record("b", "1", "0", {}), record("c", "1", "0", {"d"}),
               record("d", "1", "0", {})}) == Lines{"d", "c", "a", "b"});
}

TEST_CASE("a cycle is broken where it is entered first") {
  CHECK(order({record("a", "1", "0", {"c"}), record("b", "1", "0", {"c"}), record("c", "1", "0", {"b"})}) ==
        Lines{"b", "c", "a"});
}

TEST_CASE("python comes before pip although each needs the other") {
  CHECK(order({record("aiohttp", "1", "0", {"python"}), record("pip", "1", "0", {"python", "setuptools"}),
               record("python", "3.12", "0", {"pip", "zlib"}), record("setuptools", "1", "0", {"python"}),
               record("zlib", "1", "0", {})}) == Lines{"zlib", "python", "aiohttp", "setuptools", "pip"});
}

TEST_CASE("a chain as long as a lock does not exhaust the stack") {
  std::vector<conda::PackageRecord> records;
  for (int i = 0; i < 20000; ++i) {
    records.push_back(record("p" + std::to_string(i), "1", "0", {"p" + std::to_string(i + 1)}));
  }
  const lock::Lock lock = lock::make(spec_of("dependencies: [p0]\n"), channels(), {}, {{linux_64(), {records}}}, {});
  const auto sorted = lock::in_dependency_order(lock, lock.platforms[0]);
  REQUIRE(sorted.size() == 20000);
  CHECK(sorted.front()->record.name == "p19999");
  CHECK(sorted.back()->record.name == "p0");
}

TEST_CASE("an explicit file is written as the golden file shows, and read back") {
  const lock::Lock lock = small_lock();
  const std::string text = lock::format_explicit(lock, lock.platforms[0], lock::ExplicitHash::sha256);
  CHECK(compare_with_golden("lock/explicit.txt", text) == "");
  core::Notes notes;
  const auto picks = lock::parse_preferences(text, "explicit.txt", notes);
  REQUIRE(picks.size() == lock.platforms[0].packages.size());
  for (const lock::Preference& pick : picks) {
    CHECK(pick.platform == "linux-64");
    CHECK(pick.sha256.has_value());
  }
}

TEST_CASE("an explicit file with md5 refuses a record that has none") {
  lock::Lock lock = small_lock();
  CHECK(lock::format_explicit(lock, lock.platforms[0], lock::ExplicitHash::md5).find("conda#") != std::string::npos);
  lock.packages[0].record.md5.reset();
  CHECK_THROWS_AS(lock::format_explicit(lock, lock.platforms[0], lock::ExplicitHash::md5), core::Error);
}

TEST_CASE("a conda-lock.yml is written as the golden file shows, and read back") {
  const lock::Lock lock = small_lock();
  const spec::Spec spec = spec_of(kEnvironment);
  core::Notes notes;
  const std::string text = lock::format_conda_lock(lock, &spec, &notes);
  CHECK(compare_with_golden("lock/conda-lock.yml", text) == "");
  CHECK(notes.all().empty());
  CHECK(lock::parse_preferences(text, "conda-lock.yml", notes).size() == 12);
}

// Computed with conda-lock 4.0.3 from the same environment.yml.
TEST_CASE("content_hash is the one that conda-lock computes") {
  const spec::Spec spec = spec_of(
      "channels: [conda-forge, defaults]\n"
      "dependencies:\n  - python=3.10\n  - numpy >=1.20, <2\n  - zlib=1.3.1=hb9d3cd8_2\n  - scipy==1.11\n"
      "  - conda-forge::six\n  - pip=24\n  - pip:\n    - wandb\n");
  const std::vector<std::pair<std::string, std::string>> want = {
      {"linux-64", "8bf4b29e6e60b467d3e3252bc49be5833651b7429228472620a7f5739ed258b6"},
      {"linux-aarch64", "55c5624834a36828e6c30aba6cfacaf7fe292c9978b415629984f24d629da2d9"},
      {"linux-ppc64le", "301203ca61a8f9ee706967eec44b6c73478d580aa7ddbef0da159a3797052785"},
      {"osx-64", "30613e17c0332cd1baf2ba5c3b532af2352baedd27af46ee2d9b86c3f5e2244b"},
      {"osx-arm64", "7eac9f236f24143f729fd77cb8927ed2ec7cfb46240553cea38d52d5c641194f"},
      {"win-64", "2650c20459cbc5080bd14c53405aa1f6353660b8525cadd48d814a205ee93da5"}};
  std::vector<lock::PlatformSolution> all;
  for (const auto& each : want) all.push_back({conda::make_platform(each.first, each.first, {}), {}});
  const lock::Lock lock = lock::make(spec, channels(), {}, all, {});
  core::Notes notes;
  const std::string text = lock::format_conda_lock(lock, &spec, &notes);
  for (const auto& each : want) {
    const std::size_t at = text.find("\n    " + each.first + ": ");
    REQUIRE(at != std::string::npos);
    CHECK(text.substr(at, 100).find(each.second) != std::string::npos);
  }
  CHECK(notes.all().size() == 1);
  CHECK(notes.all()[0].diagnostic.code == "export-no-pip");
}

// Computed with conda-lock 4.0.3 from the same environment.yml.
TEST_CASE("conda-lock's pip-repositories are part of its content_hash, as they are written") {
  const spec::Spec spec = spec_of(
      "channels: [conda-forge]\ndependencies:\n  - python 3.12.*\n  - pip:\n    - wandb\n"
      "pip-repositories:\n  - https://$USER_NAME:pw@index.example.org/simple\n  - "
      "https://second.example.org/simple/\n");
  const lock::Lock lock =
      lock::make(spec, channels(), {}, {{conda::make_platform("linux-64", "linux-64", {}), {}}}, {}, pip_input());
  const std::string text = lock::format_conda_lock(lock, &spec);
  CHECK(text.find("98c3da02b141f6252f3659056d970911ecabbe9cf6192a2dd52c3d853cc8aa6d") != std::string::npos);
}

TEST_CASE("a package of several categories stands in conda-lock.yml once each, but in main alone where main needs it") {
  spec::Spec spec = spec_of("dependencies: [libblas]\n");
  for (const char* category : {"dev", "docs"}) {
    const spec::Spec more = spec_of(std::string("category: ") + category + "\ndependencies: [tzdata, libblas]\n");
    spec.requests.insert(spec.requests.end(), more.requests.begin(), more.requests.end());
  }
  const lock::Lock lock = lock::make(spec, channels(), {}, {{linux_64(), {records_for("linux-64")}}}, {});
  const std::string text = lock::format_conda_lock(lock, nullptr);
  const auto count = [&](const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
  };
  CHECK(count("- name: libblas") == 1);
  CHECK(count("- name: tzdata") == 2);
  CHECK(count("category: docs\n  optional: true") == 1);
}

TEST_CASE("two profiles of one subdir do not fit into conda-lock.yml") {
  const lock::Lock lock = lock::make(spec_of("dependencies: []\n"), channels(), {},
                                     {{linux_64(), {}}, {conda::make_platform("gpu", "linux-64", {}), {}}}, {});
  try {
    lock::format_conda_lock(lock, nullptr);
    FAIL("no error");
  } catch (const core::Error& error) {
    CHECK(error.diagnostics()[0].code == "export-profiles");
  }
}

TEST_CASE("records without md5 are written, with a word about conda-lock") {
  lock::Lock lock = small_lock();
  lock.packages[0].record.md5.reset();
  core::Notes notes;
  lock::format_conda_lock(lock, nullptr, &notes);
  REQUIRE(notes.all().size() == 1);
  CHECK(notes.all()[0].diagnostic.code == "export-no-md5");
}

TEST_CASE("a saved index is canonical, holds each record once, and is read back") {
  lock::SavedIndex index{channels(), records_for("linux-64")};
  const std::string text = lock::format(index);
  std::reverse(index.records.begin(), index.records.end());
  index.records.push_back(index.records.front());
  CHECK(lock::format(index) == text);
  const lock::SavedIndex again = lock::parse_saved_index(text, "index.json");
  CHECK(again.records.size() == 6);
  CHECK(lock::format(again) == text);
  CHECK(compare_with_golden("lock/saved-index.json", text) == "");
}

TEST_CASE("a saved index keeps a record that has no sha256, and a broken one is told with its place") {
  lock::SavedIndex index{channels(), records_for("linux-64")};
  index.records[0].sha256.reset();
  const std::string text = lock::format(index);
  CHECK_FALSE(lock::parse_saved_index(text, "index.json").records[0].sha256.has_value());
  try {
    lock::parse_saved_index(replaced(text, "\"depends\": []", "\"depends\": {}"), "index.json");
    FAIL("no error");
  } catch (const core::Error& error) {
    CHECK(error.diagnostics()[0].code == "saved-index-invalid");
    CHECK(error.diagnostics()[0].what == "`depends` must be an array, not an object");
  }
  CHECK_THROWS_AS(lock::parse_saved_index(lock::format(small_lock()), "envlock.lock"), core::Error);
}
