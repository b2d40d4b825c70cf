#include "diff_support.h"
#include "envlock/diff/diff.h"
#include "support/catch.h"

using namespace envlock::diff;
using envlock_test::inventory;
using envlock_test::item;
using envlock_test::wheel;
namespace core = envlock::core;

namespace {

bool hits(const std::string& rule, const Item& from, const Item& to) {
  return !check(compare(inventory("a", {from}), inventory("b", {to})), parse_policy({rule})).empty();
}

}  // namespace

TEST_CASE("each rule hits what it names and nothing else") {
  const Item old = item("numpy", "1.26.3");
  CHECK(hits("major", old, item("numpy", "2.0.0")));
  CHECK_FALSE(hits("major", old, item("numpy", "1.27.0")));
  CHECK(hits("minor", old, item("numpy", "1.27.0")));
  CHECK(hits("minor", old, item("numpy", "2.0.0")));
  CHECK_FALSE(hits("minor", old, item("numpy", "1.26.4")));
  CHECK(hits("downgrade", old, item("numpy", "1.26.2")));
  CHECK_FALSE(hits("downgrade", old, item("numpy", "1.26.4")));
  CHECK(hits("cpu-build", item("t", "1", "cuda118_0"), item("t", "1", "cpu_0")));
  CHECK_FALSE(hits("cpu-build", item("t", "1", "cuda118_0"), item("t", "1", "cuda126_0")));
  CHECK(hits("any", old, item("numpy", "1.26.4")));
  CHECK(hits("num*", old, item("numpy", "1.26.4")));
  CHECK(hits("numpy", old, item("numpy", "1.26.4")));
  CHECK(hits("n?mp*y", old, item("numpy", "1.26.4")));
  CHECK_FALSE(hits("numpy?", old, item("numpy", "1.26.4")));
  CHECK_FALSE(hits("torch*", old, item("numpy", "1.26.4")));
  Item moved = old;
  moved.channel = "https://repo.anaconda.com/pkgs/main";
  CHECK(hits("channel", old, moved));
  CHECK_FALSE(hits("channel", old, item("numpy", "1.26.4")));
  Item rehashed = old;
  rehashed.sha256 = core::sha256("x");
  CHECK(hits("hash", old, rehashed));
  CHECK_FALSE(hits("hash", old, item("numpy", "1.26.4")));
  Item altered = old;
  altered.root = core::sha256("x");
  Item root = old;
  root.root = core::sha256("y");
  CHECK(hits("hash", root, altered));
}

TEST_CASE("added and removed are rules") {
  const Diff diff = compare(inventory("a", {item("gone", "1")}), inventory("b", {item("come", "1")}));
  CHECK(check(diff, parse_policy({"added"})).front().why == std::vector<std::string>{"`come`: added 1 h_0"});
  CHECK(check(diff, parse_policy({"removed"})).front().why == std::vector<std::string>{"`gone`: removed 1 h_0"});
}

TEST_CASE("the rule cuda hits packages of CUDA, builds for another, and facts") {
  CHECK(hits("cuda", item("cuda-version", "12.4"), item("cuda-version", "12.9")));
  CHECK(hits("cuda", wheel("nvidia-cublas-cu12", "12.4.5"), wheel("nvidia-cublas-cu12", "12.9.0")));
  CHECK(hits("cuda", item("t", "1", "cuda118py310_0"), item("t", "1", "cuda126py310_0")));
  CHECK_FALSE(hits("cuda", item("t", "1", "cuda118py310_0"), item("t", "1", "cuda118py312_0")));
  CHECK_FALSE(hits("cuda", item("numpy", "1.0"), item("numpy", "2.0")));
  Inventory from = inventory("a", {});
  Inventory to = inventory("b", {});
  from.platforms[0].virtual_packages = {{"__cuda", "12.4", "0"}};
  to.platforms[0].virtual_packages = {{"__cuda", "12.9", "0"}};
  CHECK_FALSE(check(compare(from, to), parse_policy({"cuda"})).empty());
  CHECK(check(compare(from, to), parse_policy({"major"})).empty());
}

TEST_CASE("words may stand together, are kept once, and unknown ones are refused") {
  CHECK(parse_policy({"major, hash", "major", "torch*"}).words == std::vector<std::string>{"major", "hash", "torch*"});
  for (const char* bad : {"", "major,", "Major", "a b", "../x", "torch["}) {
    INFO(bad);
    CHECK_THROWS_AS(parse_policy({bad}), core::Error);
  }
}

TEST_CASE("a diagnostic names the rule, and the first of many changes") {
  std::vector<Item> from;
  std::vector<Item> to;
  for (int i = 10; i < 40; ++i) {
    from.push_back(item("p" + std::to_string(i), "1.0"));
    to.push_back(item("p" + std::to_string(i), "2.0"));
  }
  const auto forbidden = check(compare(inventory("a", from), inventory("b", to)), parse_policy({"major", "removed"}));
  REQUIRE(forbidden.size() == 1);
  CHECK(forbidden[0].code == "diff-forbidden");
  CHECK(forbidden[0].what.starts_with("`--fail-on major` forbids 30 changes"));
  CHECK(forbidden[0].why.size() == 11);
  CHECK(forbidden[0].why.front() == "`p10`: 1.0 → 2.0");
  CHECK(forbidden[0].why.back() == "and 20 more");
}

TEST_CASE("a glob of many stars takes no time") {
  std::string glob;
  for (int i = 0; i < 1000; ++i) glob += "a*";
  CHECK_FALSE(hits(glob + "b", item(std::string(5000, 'a'), "1"), item(std::string(5000, 'a'), "2")));
}
