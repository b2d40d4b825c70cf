#include <functional>

#include "envlock/core/time.h"
#include "envlock/resolve/pypi.h"
#include "pypi_universe.h"
#include "support/catch.h"

// What is locked already, or preferred from elsewhere.

namespace envlock::resolve {
namespace {

using test::MemorySource;
using test::show;
using test::TestProblem;

std::string solve(TestProblem& problem, MemorySource& source) {
  core::Notes notes;
  return show(pypi(problem.problem, source, notes));
}

FavoredDistribution favored_by(const PypiPick& pick) {
  return {pick.name, pick.version, pick.index, pick.file, pick.metadata};
}

}  // namespace

TEST_CASE("a yanked version that is locked counts no more when nothing pins it") {
  MemorySource source;
  source.add("x", {.version = "1"});
  source.add("x", {.version = "2", .yanked = true});
  TestProblem pinned({"x==2"});
  core::Notes notes;
  const PypiPick pick = std::get<PypiSolution>(pypi(pinned.problem, source, notes)).picks.front();
  CHECK(pick.file.yanked);
  pinned.problem.favored = {favored_by(pick)};
  source.asked_pages.clear();
  CHECK(solve(pinned, source) == "x 2");
  CHECK(source.asked_pages.empty());
  TestProblem free({"x"});
  free.problem.favored = pinned.problem.favored;
  CHECK(solve(free, source) == "x 1");
}

TEST_CASE("a line whose locked version cannot stay has the best that there is, and drags no other one far back") {
  MemorySource source;
  for (const char* version : {"6", "7", "8", "9"}) {
    source.add("fs", {.version = version});
    source.add("gc", {.version = version, .requires_dist = {std::string("fs==") + version}});
  }
  source.add("data", {.version = "1.1", .requires_dist = {"old"}});
  source.add("data", {.version = "5.0", .requires_dist = {"fs<=6", "kept"}});
  source.add("data", {.version = "5.2", .requires_dist = {"fs<=9", "kept"}});
  source.add("old", {.version = "1"});
  source.add("kept", {.version = "1"});
  TestProblem first({"data", "gc"});
  core::Notes notes;
  const PypiOutcome locked = pypi(first.problem, source, notes);
  CHECK(show(locked) == "data 5.2, fs 9, gc 9, kept 1");
  source.add("kept", {.version = "2"});
  TestProblem again({"data<5.1", "gc"});
  for (const PypiPick& pick : std::get<PypiSolution>(locked).picks) again.problem.favored.push_back(favored_by(pick));
  CHECK(solve(again, source) == "data 5.0, fs 6, gc 6, kept 1");
}

TEST_CASE("where the indexes have to be asked, what is locked still counts") {
  MemorySource source;
  source.add("a", {.version = "1"});
  TestProblem first({"a"});
  core::Notes notes;
  FavoredDistribution favored = favored_by(std::get<PypiSolution>(pypi(first.problem, source, notes)).picks.front());
  source.add("a", {.version = "2"});
  source.asked_pages.clear();
  first.problem.favored = {favored};
  CHECK(solve(first, source) == "a 1");
  CHECK(source.asked_pages.empty());
  first.problem.favored.front().must_ask = true;
  CHECK(solve(first, source) == "a 1");
  CHECK(source.asked_pages == std::vector<std::string>{"a"});
}

TEST_CASE("locked versions stay, and need no index when all of them fit") {
  MemorySource source;
  source.add("a", {.version = "1", .requires_dist = {"b"}});
  source.add("a", {.version = "2", .requires_dist = {"b"}});
  source.add("b", {.version = "1"});
  source.add("b", {.version = "2"});
  TestProblem first({"a<2"});
  core::Notes notes;
  const PypiOutcome locked = pypi(first.problem, source, notes);
  std::vector<FavoredDistribution> favored;
  for (const PypiPick& pick : std::get<PypiSolution>(locked).picks) {
    favored.push_back(favored_by(pick));
  }
  CHECK(show(locked) == "a 1, b 2");
  source.add("b", {.version = "3"});
  source.asked_pages.clear();
  TestProblem again({"a"});
  again.problem.favored = favored;
  CHECK(solve(again, source) == "a 1, b 2");
  CHECK(source.asked_pages.empty());
  TestProblem newer({"a>=2"});
  newer.problem.favored = favored;
  CHECK(solve(newer, source) == "a 2, b 2");
}

TEST_CASE("a version of another tool's lock is preferred where an index has it, also beside the lock's own") {
  MemorySource source;
  for (const char* version : {"1.0", "2.0", "3.0"}) source.add("a", {.version = version});
  TestProblem like({"a"});
  like.problem.favored = {{"a", "1.0.0", "", {}, std::nullopt}};
  CHECK(solve(like, source) == "a 1.0");
  like.problem.favored = {{"a", "9.0", "", {}, std::nullopt}};
  CHECK(solve(like, source) == "a 3.0");
  TestProblem first({"a<2"});
  core::Notes notes;
  const PypiPick pick = std::get<PypiSolution>(pypi(first.problem, source, notes)).picks.front();
  // Both are to be kept where that is possible, and of the two the newer one, as of conda packages.
  like.problem.favored = {favored_by(pick), {"a", "2.0", "", {}, std::nullopt}};
  CHECK(solve(like, source) == "a 2.0");
  like.problem.favored.back().version = "9.0";
  CHECK(solve(like, source) == "a 1.0");
}

TEST_CASE("a locked version that the index no longer has stays a candidate") {
  MemorySource source;
  source.add("a", {.version = "1"});
  source.add("c", {.version = "1"});
  TestProblem first({"a"});
  core::Notes notes;
  const PypiSolution solution = std::get<PypiSolution>(pypi(first.problem, source, notes));
  source.releases["a"] = {{.version = "2"}};
  TestProblem again({"a", "c>=2"});
  const PypiPick& pick = solution.picks.front();
  again.problem.favored = {favored_by(pick)};
  source.add("c", {.version = "2"});
  CHECK(solve(again, source) == "a 1, c 2");
}

TEST_CASE("what is locked is weighed anew: another python, another machine, a hash, a cut-off") {
  MemorySource source;
  source.add("a", {.version = "1"});
  source.add("a", {.version = "2", .tag = "cp312-cp312-manylinux_2_28_x86_64", .upload_time = "2026-01-01T00:00:00Z"});
  TestProblem first({"a"});
  core::Notes notes;
  const PypiOutcome outcome = pypi(first.problem, source, notes);
  const PypiPick pick = std::get<PypiSolution>(outcome).picks.front();
  CHECK(pick.version == "2");
  const FavoredDistribution favored = favored_by(pick);
  const auto again = [&](const std::function<void(PypiProblem&)>& change) {
    TestProblem problem({"a"});
    problem.problem.favored = {favored};
    change(problem.problem);
    return solve(problem, source);
  };
  CHECK(again([](PypiProblem&) {}) == "a 2");
  const pypi::Tags older("3.11",
                         {.subdir = "linux-64", .glibc_version = "2.28", .musl_version = "", .osx_version = ""});
  CHECK(again([&](PypiProblem& problem) { problem.tags = &older; }) == "a 1");
  CHECK(again([](PypiProblem& problem) { problem.no_binary = {"a"}; }) == "no: no-fitting-version");
  CHECK(again([](PypiProblem& problem) { problem.exclude_newer = core::parse_time("2025-01-01"); }) == "a 1");
  CHECK(again([](PypiProblem& problem) { problem.requests.front().hashes = {core::sha256("a-1-py3-none-any.whl")}; }) ==
        "a 1");
}

}  // namespace envlock::resolve
