#include "diff_support.h"
#include "envlock/diff/diff.h"
#include "support/catch.h"

using namespace envlock::diff;
using envlock_test::asked;
using envlock_test::inventory;
using envlock_test::item;
using envlock_test::only_change;
using envlock_test::wheel;
namespace core = envlock::core;

TEST_CASE("a package of one side only was added or removed") {
  const Diff diff = compare(inventory("a", {item("gone", "1.0")}), inventory("b", {item("come", "1.0")}));
  REQUIRE(diff.changes.size() == 2);
  CHECK(envlock_test::change_of(diff, "gone").kind == ChangeKind::removed);
  CHECK(envlock_test::change_of(diff, "come").kind == ChangeKind::added);
  CHECK_FALSE(diff.empty());
}

TEST_CASE("a version that went up or down says how far") {
  const Change up = only_change(item("numpy", "1.26.3"), item("numpy", "2.0.0"));
  CHECK(up.kind == ChangeKind::upgraded);
  CHECK(up.distance == Distance::major);
  const Change down = only_change(item("numpy", "1.10.0"), item("numpy", "1.9.9"));
  CHECK(down.kind == ChangeKind::downgraded);
  CHECK(down.distance == Distance::minor);
}

TEST_CASE("one version with another build is rebuilt, whatever the versions are called") {
  const Change change = only_change(item("numpy", "1.26.3", "py310_0"), item("numpy", "1.26.3", "py312_0"));
  CHECK(change.kind == ChangeKind::rebuilt);
  CHECK(change.distance == Distance::none);
  CHECK(only_change(item("x", "1.0"), item("x", "1.0.0")).kind == ChangeKind::rebuilt);
}

TEST_CASE("one build as another kind of archive is repackaged") {
  Item old = item("numpy", "1.26.3");
  old.file_name = "numpy-1.26.3-h_0.tar.bz2";
  old.sha256 = core::sha256("old");
  CHECK(only_change(old, item("numpy", "1.26.3")).kind == ChangeKind::repackaged);
}

TEST_CASE("one file name with another hash is rehashed") {
  Item other = item("numpy", "1.26.3");
  other.sha256 = core::sha256("something else");
  CHECK(only_change(item("numpy", "1.26.3"), other).kind == ChangeKind::rehashed);
  // md5 decides where sha256 is not told on both sides.
  Item left = item("numpy", "1.26.3");
  Item right = left;
  left.md5 = core::md5("a");
  right.md5 = core::md5("b");
  right.sha256.reset();
  CHECK(only_change(left, right).kind == ChangeKind::rehashed);
}

TEST_CASE("what one side does not tell is no difference") {
  Item bare = item("numpy", "1.26.3");
  bare.sha256.reset();
  bare.build.clear();
  bare.file_name.clear();
  bare.channel.clear();
  CHECK(compare(inventory("a", {item("numpy", "1.26.3")}), inventory("b", {bare})).empty());
}

TEST_CASE("other files of the same package are altered") {
  Item left = item("numpy", "1.26.3");
  Item right = left;
  left.root = core::sha256("files");
  right.root = core::sha256("other files");
  CHECK(only_change(left, right).kind == ChangeKind::altered);
  right.root = left.root;
  CHECK(compare(inventory("a", {left}), inventory("b", {right})).empty());
}

TEST_CASE("the same file of another channel moved, and an upgrade may move too") {
  Item other = item("numpy", "1.26.3");
  other.channel = "https://repo.anaconda.com/pkgs/main";
  const Change moved = only_change(item("numpy", "1.26.3"), other);
  CHECK(moved.kind == ChangeKind::moved);
  CHECK(moved.channel_moved);
  const Change upgraded = only_change(item("numpy", "1.26.2"), other);
  CHECK(upgraded.kind == ChangeKind::upgraded);
  CHECK(upgraded.channel_moved);
  CHECK_FALSE(only_change(item("numpy", "1.26.2"), item("numpy", "1.26.3")).channel_moved);
}

TEST_CASE("conda and pypi packages of one name have nothing to do with each other") {
  const Diff diff = compare(inventory("a", {item("requests", "2.0")}), inventory("b", {wheel("requests", "2.1")}));
  REQUIRE(diff.changes.size() == 2);
  CHECK(diff.changes[0].change().kind == ChangeKind::removed);
  CHECK(diff.changes[1].change().kind == ChangeKind::added);
}

TEST_CASE("a wheel of another python or another commit is another build") {
  Item left = wheel("x", "1.0");
  Item right = left;
  right.file_name = "x-1.0-cp312-cp312-linux_x86_64.whl";
  right.sha256 = core::sha256("other");
  CHECK(only_change(left, right).kind == ChangeKind::rebuilt);
  right = left;
  right.build = "editable";
  CHECK(only_change(left, right).kind == ChangeKind::rebuilt);
}

TEST_CASE("equal changes of several platforms are told once, and what differs is told apart") {
  Inventory from = inventory("a", {item("numpy", "1.0", "linux_0"), item("only", "1.0")}, "linux-64");
  Inventory to = inventory("b", {item("numpy", "2.0", "linux_1"), item("only", "1.1")}, "linux-64");
  from.platforms.push_back(inventory("", {item("numpy", "1.0", "osx_0"), item("only", "1.0")}, "osx-64").platforms[0]);
  to.platforms.push_back(inventory("", {item("numpy", "2.0", "osx_1"), item("only", "1.0")}, "osx-64").platforms[0]);
  const Diff diff = compare(from, to);
  REQUIRE(diff.changes.size() == 2);
  const ChangeGroup& numpy = diff.changes[0];
  CHECK(numpy.change().item().name == "numpy");
  CHECK(numpy.everywhere);
  CHECK_FALSE(numpy.same_builds);
  CHECK(numpy.each.size() == 2);
  const ChangeGroup& only = diff.changes[1];
  CHECK_FALSE(only.everywhere);
  REQUIRE(only.each.size() == 1);
  CHECK(only.each.front().platform == "linux-64");
  CHECK(diff.unchanged == 1);
}

TEST_CASE("platforms meet by name, else by subdir where each side has one of it") {
  Inventory from = inventory("a", {item("x", "1.0")}, "linux-64");
  Inventory to = inventory("b", {item("x", "1.0")}, "linux-64-cuda");
  to.platforms.front().subdir = "linux-64";
  Diff diff = compare(from, to);
  REQUIRE(diff.platforms.size() == 1);
  CHECK(diff.platforms.front().name() == "linux-64 / linux-64-cuda");
  CHECK(diff.empty());
  to.platforms.push_back({"linux-64-rocm", "linux-64", {}, {}});
  diff = compare(from, to);
  CHECK(diff.platforms.empty());
  CHECK(diff.only_from == std::vector<std::string>{"linux-64"});
  CHECK(diff.only_to == std::vector<std::string>{"linux-64-cuda", "linux-64-rocm"});
  CHECK_FALSE(diff.remarks.empty());
}

TEST_CASE("an environment is held against the profile that differs least, and other platforms do not count") {
  Inventory lock = inventory("lock", {item("pytorch", "2.0", "cpu_0"), item("x", "1.0")}, "cpu");
  lock.platforms.front().subdir = "linux-64";
  lock.platforms.push_back({"cuda", "linux-64", {}, {item("pytorch", "2.0", "cuda_0"), item("x", "1.0")}});
  lock.platforms.push_back({"osx-64", "osx-64", {}, {}});
  Inventory environment = inventory("env", {item("pytorch", "2.0", "cuda_0"), item("x", "1.0")}, "linux-64");
  environment.kind = SourceKind::prefix;
  const Diff diff = compare(lock, environment);
  REQUIRE(diff.platforms.size() == 1);
  CHECK(diff.platforms.front().from == "cuda");
  CHECK(diff.empty());
  REQUIRE(diff.remarks.size() == 1);
  CHECK(diff.remarks.front().find("`cuda`") != std::string::npos);
  CHECK(compare(environment, lock).empty());
}

TEST_CASE("of three or more the equal ones are together, the largest group first") {
  const Inventory a = inventory("a", {item("x", "1.0")});
  const Inventory b = inventory("b", {item("x", "2.0")});
  CHECK(group({a, b, b, a, b}) == std::vector<std::vector<std::size_t>>{{1, 2, 4}, {0, 3}});
  CHECK(group({a, a, a}) == std::vector<std::vector<std::size_t>>{{0, 1, 2}});
}

TEST_CASE("versions of pypi are PEP 440's: 1.0 and 1.0.0 are one, a local label is more") {
  const Item left = envlock_test::wheel("x", "1.0");
  Item right = left;
  right.version = "1.0.0";
  CHECK_FALSE(compare(inventory("a", {left}), inventory("b", {right})).changes.size() == 1);
  CHECK(only_change(envlock_test::wheel("x", "1.0.post1"), envlock_test::wheel("x", "1.0")).kind ==
        ChangeKind::downgraded);
  CHECK(only_change(envlock_test::wheel("x", "1.0"), envlock_test::wheel("x", "1.0+cu121")).kind ==
        ChangeKind::upgraded);
}

TEST_CASE("of pypi, the same file from another index moved, and another wheel of the same sdist is rebuilt") {
  Item left = envlock_test::wheel("x", "1.0");
  Item right = left;
  left.channel = "https://pypi.org/simple";
  CHECK(compare(inventory("a", {left}), inventory("b", {right})).empty());  // the other side does not tell
  right.channel = "https://index.example.org/simple";
  CHECK(only_change(left, right).kind == ChangeKind::moved);
  right.channel = left.channel;
  left.built_sha256 = envlock::core::sha256("one");
  CHECK(compare(inventory("a", {left}), inventory("b", {right})).empty());
  right.built_sha256 = envlock::core::sha256("other");
  CHECK(only_change(left, right).kind == ChangeKind::rebuilt);
}

TEST_CASE("the indexes of two locks are compared in their order") {
  envlock::diff::Inventory left = inventory("a", {});
  envlock::diff::Inventory right = inventory("b", {});
  left.indexes = {"https://pypi.org/simple"};
  CHECK(compare(left, right).empty());
  right.indexes = {"https://pypi.org/simple", "https://index.example.org/simple"};
  const Diff diff = compare(left, right);
  REQUIRE(diff.facts.size() == 1);
  CHECK(diff.facts[0].to == "https://pypi.org/simple, https://index.example.org/simple");
}
