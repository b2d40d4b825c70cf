#include <filesystem>
#include <random>
#include <set>

#include "diff_support.h"
#include "envlock/core/file.h"
#include "envlock/diff/diff.h"
#include "support/catch.h"
#include "support/shared_data.h"

using namespace envlock::diff;
using envlock_test::inventory;
using envlock_test::item;
namespace core = envlock::core;
namespace fs = std::filesystem;

namespace {

/// A lock made at random: some thirty packages that need each other.
std::vector<Item> random_items(std::mt19937& random) {
  const auto pick = [&](int most) { return static_cast<int>(random() % static_cast<unsigned>(most)); };
  std::vector<Item> items;
  for (int i = 0; i < 30; ++i) {
    if (pick(4) == 0) continue;
    const std::string name = "p" + std::to_string(i);
    std::vector<std::string> depends;
    for (int j = pick(4); j > 0; --j) {
      depends.push_back("p" + std::to_string(pick(30)) + (pick(2) == 0 ? "" : " >=" + std::to_string(pick(3)) + ".0"));
    }
    Item made = item(name, std::to_string(pick(3)) + "." + std::to_string(pick(2)),
                     pick(3) == 0 ? "cuda118_0" : "h" + std::to_string(pick(2)) + "_0", depends);
    made.requested = pick(5) == 0;
    if (pick(6) == 0) made.sha256 = core::sha256(std::to_string(pick(2)));
    items.push_back(std::move(made));
  }
  return items;
}

ChangeKind mirrored(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::added:
      return ChangeKind::removed;
    case ChangeKind::removed:
      return ChangeKind::added;
    case ChangeKind::upgraded:
      return ChangeKind::downgraded;
    case ChangeKind::downgraded:
      return ChangeKind::upgraded;
    default:
      return kind;
  }
}

std::string told(const Diff& diff) {
  std::string text;
  for (const ChangeGroup& group : diff.changes) {
    const Change& change = group.change();
    text += change.item().name + " " + std::string(name_of(change.kind)) + " " + core::join(change.cause, ">") + " " +
            change.reason + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("nothing differs from itself; a mirrored comparison is the mirror; the order of items does not matter") {
  const unsigned seed = 20261125;
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    INFO("round " << round);
    std::vector<Item> left = random_items(random);
    std::vector<Item> right = random_items(random);
    const Inventory a = inventory("a", left);
    const Inventory b = inventory("b", right);
    CHECK(compare(a, a).empty());
    const Diff forward = compare(a, b);
    const Diff backward = compare(b, a);
    REQUIRE(forward.changes.size() == backward.changes.size());
    CHECK(forward.unchanged == backward.unchanged);
    for (const ChangeGroup& group : forward.changes) {
      const Change& change = group.change();
      const Change mirror = envlock_test::change_of(backward, change.item().name);
      CHECK(mirror.kind == mirrored(change.kind));
      CHECK(mirror.distance == change.distance);
      CHECK(mirror.cpu_build == change.cpu_build);
      CHECK(mirror.requested == change.requested);
      // A chain ends in the package itself, and none of its links stands twice.
      if (!change.cause.empty()) {
        CHECK(change.cause.back() == change.item().name);
        CHECK(change.cause.size() > 1);
        CHECK(std::set<std::string>(change.cause.begin(), change.cause.end()).size() == change.cause.size());
      }
    }
    std::shuffle(left.begin(), left.end(), random);
    std::shuffle(right.begin(), right.end(), random);
    CHECK(told(compare(inventory("a", left), inventory("b", right))) == told(forward));
  }
}

TEST_CASE("real locks differ in nothing from themselves, and can be held against each other") {
  const auto shared = envlock_test::shared_folder();
  if (!shared || !fs::exists(*shared / "data/locks")) {
    WARN("skipped: no shared data");
    return;
  }
  std::vector<Inventory> all;
  core::Notes notes;
  for (const auto& entry : fs::recursive_directory_iterator(*shared / "data/locks")) {
    if (!entry.is_regular_file()) continue;
    const std::string name = entry.path().filename();
    if (name.find("invalid-lockfiles") != std::string::npos) continue;
    INFO(name);
    all.push_back(parse_inventory(core::read_file(entry.path()), name, "", notes));
    CHECK(compare(all.back(), all.back()).empty());
  }
  CHECK(all.size() > 40);
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.label < b.label; });
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    const Diff diff = compare(all[i], all[i + 1]);
    CHECK_NOTHROW(check(diff, parse_policy({"any", "cuda", "hash"})));
  }
}
