#include <cstdlib>
#include <fstream>

#include "envlock/core/file.h"
#include "lock_fixtures.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock_test;

namespace {

// The small lock with further packages, each asked for.
lock::Lock lock_with(const std::vector<std::string>& names) {
  std::string environment = kEnvironment;
  std::vector<lock::PlatformSolution> all = solutions();
  for (const std::string& name : names) {
    environment = replaced(environment, "  - python", "  - " + name + "\n  - python");
    for (lock::PlatformSolution& each : all) each.solution.records.push_back(record(name, "1.0", "0", {}, "noarch"));
  }
  return lock::make(spec_of(environment), channels(), options(), all, {});
}

std::vector<std::string> names_of(const lock::Lock& lock) {
  std::vector<std::string> names;
  for (const lock::LockedPackage& each : lock.packages) {
    if (each.record.subdir == "noarch") names.push_back(each.record.name);
  }
  return names;
}

// Writes base, ours and theirs, merges them with git, and gives back the merged text and git's verdict.
struct Merge {
  std::string text;
  int conflicts = -1;
};
Merge merge(const std::string& base, const std::string& ours, const std::string& theirs,
            const std::string& style = "") {
  TemporaryFolder folder;
  const std::string base_path = folder.write("base", base).string();
  const std::string ours_path = folder.write("ours", ours).string();
  const std::string theirs_path = folder.write("theirs", theirs).string();
  const std::string command =
      "git merge-file " + style + " " + ours_path + " " + base_path + " " + theirs_path + " 2>/dev/null";
  const int status = std::system(command.c_str());
  return {core::read_file(ours_path), status / 256};
}

bool has_git() {
  return std::system("git --version >/dev/null 2>&1") == 0;
}

}  // namespace

TEST_CASE("two branches that add different packages merge without conflict") {
  if (!has_git()) {
    WARN("skipped: no git");
    return;
  }
  const Merge merged =
      merge(lock::format(lock_with({})), lock::format(lock_with({"aardvark"})), lock::format(lock_with({"readline"})));
  CHECK(merged.conflicts == 0);
  CHECK(merged.text == lock::format(lock_with({"aardvark", "readline"})));
}

TEST_CASE("both sides of a conflicted lock can be read, in each of git's styles") {
  if (!has_git()) {
    WARN("skipped: no git");
    return;
  }
  for (const char* style : {"", "--diff3", "--zdiff3"}) {
    const Merge merged = merge(lock::format(lock_with({})), lock::format(lock_with({"readline"})),
                               lock::format(lock_with({"requests"})), style);
    INFO(style);
    REQUIRE(merged.conflicts > 0);
    const auto sides = lock::parse_conflicted(merged.text, "envlock.lock");
    REQUIRE(sides.has_value());
    REQUIRE(sides->size() == 2);
    CHECK(names_of((*sides)[0]) == names_of(lock_with({"readline"})));
    CHECK(names_of((*sides)[1]) == names_of(lock_with({"requests"})));
    CHECK(mistakes_of(merged.text).starts_with("lock-conflict-markers: `envlock.lock` holds the conflict markers"));
  }
}

TEST_CASE("a lock without markers is not a conflicted one") {
  CHECK_FALSE(lock::parse_conflicted(lock::format(small_lock()), "envlock.lock").has_value());
}

TEST_CASE("markers that do not pair up are told with their line") {
  const auto mistake = [](const std::string& text) {
    try {
      lock::parse_conflicted(text, "envlock.lock");
    } catch (const core::Error& error) {
      return error.diagnostics()[0].what + " @" + std::to_string(error.diagnostics()[0].where->line);
    }
    return std::string("no error");
  };
  CHECK(mistake("{\n<<<<<<< ours\n}\n") == "this conflict marker is not followed by its end @2");
  CHECK(mistake("{\n=======\n}\n") == "this conflict marker does not fit the one before it @2");
  CHECK(mistake("<<<<<<< a\n<<<<<<< b\n") == "this conflict marker does not fit the one before it @2");
}

TEST_CASE("two versions of one package left by a merge are both picks, not a mistake") {
  std::vector<lock::PlatformSolution> newer = solutions();
  for (lock::PlatformSolution& each : newer) {
    each.solution.records[4] = record("setuptools", "80.0", "pyhff2d567_0", {"python >=3.9"}, "noarch");
  }
  const std::string text = lock::format(small_lock());
  const std::string other = lock::format(lock::make(spec_of(kEnvironment), channels(), options(), newer, {}));
  const auto sides =
      lock::parse_conflicted("<<<<<<< ours\n" + text + "=======\n" + other + ">>>>>>> theirs\n", "envlock.lock");
  REQUIRE(sides.has_value());
  CHECK((*sides)[0] == small_lock());
  CHECK((*sides)[1].packages.size() == 9);
}
