#include "diff_support.h"
#include "envlock/diff/diff.h"
#include "support/catch.h"

using namespace envlock::diff;
using envlock_test::asked;
using envlock_test::change_of;
using envlock_test::inventory;
using envlock_test::item;
using envlock_test::names_in_order;
using envlock_test::wheel;
using Chain = std::vector<std::string>;

TEST_CASE("what a new request needs was pulled in by it, in chains") {
  const Diff diff = compare(inventory("a", {}),
                            inventory("b", {asked(item("pytorch", "2.5.1", "h_0", {"triton 3.1.*"}), {"pytorch 2.5.*"}),
                                            item("triton", "3.1.0", "h_0", {"ptxas >=12"}), item("ptxas", "12.4")}));
  CHECK(change_of(diff, "pytorch").cause.empty());
  CHECK(change_of(diff, "pytorch").reason == "asked for as `pytorch 2.5.*`");
  CHECK(change_of(diff, "triton").cause == Chain{"pytorch", "triton"});
  CHECK(change_of(diff, "triton").reason == "`pytorch 2.5.1` needs `triton 3.1.*`");
  CHECK(change_of(diff, "ptxas").cause == Chain{"pytorch", "triton", "ptxas"});
  CHECK(names_in_order(diff) == Chain{"pytorch", "triton", "ptxas"});
}

TEST_CASE("what only a removed package needed went with it") {
  const Diff diff =
      compare(inventory("a", {asked(item("pytorch", "2.5.1", "h_0", {"triton"})), item("triton", "3.1.0")}),
              inventory("b", {}));
  CHECK(change_of(diff, "triton").cause == Chain{"pytorch", "triton"});
  CHECK(change_of(diff, "triton").reason == "`pytorch 2.5.1`, which needed it, is gone");
}

TEST_CASE("what a new version needs no more went because of it") {
  const Diff diff = compare(inventory("a", {asked(item("x", "1.0", "h_0", {"six"})), item("six", "1.16")}),
                            inventory("b", {asked(item("x", "2.0"))}));
  CHECK(change_of(diff, "six").cause == Chain{"x", "six"});
  CHECK(change_of(diff, "six").reason == "`x 2.0` needs it no more");
}

TEST_CASE("a build for the old python was rebuilt because of the new one") {
  const Diff diff =
      compare(inventory("a", {asked(item("python", "3.10.14")),
                              asked(item("numpy", "1.26.4", "py310_0", {"python >=3.10,<3.11"})),
                              item("scipy", "1.13.0", "py310_0", {"python >=3.10,<3.11", "numpy >=1.20"})}),
              inventory("b", {asked(item("python", "3.12.3")),
                              asked(item("numpy", "1.26.4", "py312_0", {"python >=3.12,<3.13"})),
                              item("scipy", "1.13.0", "py312_0", {"python >=3.12,<3.13", "numpy >=1.20"})}));
  CHECK(change_of(diff, "python").cause.empty());
  CHECK(change_of(diff, "numpy").cause == Chain{"python", "numpy"});
  CHECK(change_of(diff, "scipy").cause == Chain{"python", "scipy"});
  CHECK(change_of(diff, "scipy").reason == "the old build needs `python >=3.10,<3.11`");
  CHECK(names_in_order(diff) == Chain{"numpy", "python", "scipy"});
}

TEST_CASE("what the new version of a dependent needs was brought up by it") {
  const Diff diff =
      compare(inventory("a", {asked(item("app", "1.0", "h_0", {"lib >=1"})), item("lib", "1.5"), item("free", "1.0")}),
              inventory("b", {asked(item("app", "2.0", "h_0", {"lib >=2"})), item("lib", "2.1"), item("free", "1.1")}));
  CHECK(change_of(diff, "lib").cause == Chain{"app", "lib"});
  CHECK(change_of(diff, "free").cause.empty());
  CHECK(names_in_order(diff) == Chain{"app", "lib", "free"});
}

TEST_CASE("without requests the change that moves most begins the chain") {
  std::vector<Item> from{item("python", "3.10.14")};
  std::vector<Item> to{item("python", "3.12.3")};
  for (const char* name : {"a", "b", "c"}) {
    from.push_back(item(name, "1.0", "py310_0", {"python >=3.10,<3.11"}));
    to.push_back(item(name, "1.0", "py312_0", {"python >=3.12,<3.13"}));
  }
  const Diff diff = compare(inventory("a", from), inventory("b", to));
  CHECK(change_of(diff, "python").cause.empty());
  for (const char* name : {"a", "b", "c"}) CHECK(change_of(diff, name).cause == Chain{"python", name});
  CHECK(names_in_order(diff) == Chain{"python", "a", "b", "c"});
}

TEST_CASE("constraints bring about changes as dependencies do") {
  Item python = item("python", "3.12.3");
  python.constrains = {"python_abi 3.12.* *_cp312"};
  const Diff diff = compare(inventory("a", {asked(item("python", "3.10.14")), item("python_abi", "3.10", "4_cp310")}),
                            inventory("b", {asked(python), item("python_abi", "3.12", "4_cp312")}));
  CHECK(change_of(diff, "python_abi").cause == Chain{"python", "python_abi"});
  CHECK(change_of(diff, "python_abi").reason == "`python 3.12.3` allows only `python_abi 3.12.* *_cp312`");
}

TEST_CASE("a virtual package that changed is a cause like any other") {
  Inventory from = inventory("a", {asked(item("pytorch", "2.5", "cpu_0"))});
  Inventory to = inventory("b", {asked(item("pytorch", "2.5", "cuda_0", {"__cuda >=12"}))});
  from.platforms[0].virtual_packages = {{"__glibc", "2.28", "0"}};
  to.platforms[0].virtual_packages = {{"__cuda", "12.9", "0"}, {"__glibc", "2.28", "0"}};
  const Diff diff = compare(from, to);
  CHECK(change_of(diff, "pytorch").cause == Chain{"__cuda", "pytorch"});
  CHECK(change_of(diff, "pytorch").reason == "the new build needs `__cuda >=12`");
  REQUIRE(diff.facts.size() == 1);
  CHECK(diff.facts[0].what == "__cuda");
  CHECK(diff.facts[0].to == "12.9");
}

TEST_CASE("pip's packages follow their requirements, conda's python and nothing of their extras") {
  Item left = wheel("binary", "1.0");
  left.file_name = "binary-1.0-cp310-cp310-manylinux_2_17_x86_64.whl";
  left.sha256.reset();
  Item right = left;
  right.file_name = "binary-1.0-cp312-cp312-manylinux_2_17_x86_64.whl";
  const Diff diff = compare(
      inventory("a", {asked(item("python", "3.10.14")), left, asked(wheel("app", "1.0"))}),
      inventory("b",
                {asked(item("python", "3.12.3")), right,
                 asked(wheel("app", "2.0",
                             {"Some_Thing[fast] (>=1.0,<2); python_version < '3.13'", "unused ; extra == 'docs'"})),
                 wheel("some-thing", "1.5"), wheel("unused", "1.0")}));
  CHECK(change_of(diff, "binary").cause == Chain{"python", "binary"});
  CHECK(change_of(diff, "some-thing").cause == Chain{"app", "some-thing"});
  CHECK(change_of(diff, "unused").cause.empty());
}

TEST_CASE("an extra that is asked for anew is a change, and brings what it needs") {
  Item plain = asked(wheel("torch", "2.5.1", {"filelock"}), {"torch"});
  Item more = asked(wheel("torch", "2.5.1", {"filelock", "opt-einsum>=3.3"}), {"torch[opt]"});
  plain.extras.emplace();
  more.extras = Chain{"opt"};
  const Diff diff = compare(inventory("a", {plain, wheel("filelock", "3")}),
                            inventory("b", {more, wheel("filelock", "3"), wheel("opt-einsum", "3.4")}));
  CHECK(change_of(diff, "torch").kind == ChangeKind::extras);
  CHECK(change_of(diff, "torch").reason == "asked for as `torch[opt]`, before as `torch`");
  CHECK(change_of(diff, "opt-einsum").cause == Chain{"torch", "opt-einsum"});
  CHECK(change_of(diff, "opt-einsum").reason == "`torch 2.5.1` needs `opt-einsum>=3.3`");
  more.extras.reset();  // an environment does not tell them
  CHECK(compare(inventory("a", {plain}), inventory("b", {more})).empty());
}

TEST_CASE("a dependent that asks for an extra anew is its cause") {
  Item left = wheel("torch", "2.5.1");
  Item right = left;
  left.extras.emplace();
  right.extras = Chain{"opt"};
  const Diff diff = compare(inventory("a", {left, asked(wheel("app", "1.0", {"torch"}))}),
                            inventory("b", {right, asked(wheel("app", "1.1", {"torch[opt]>=2"}))}));
  CHECK(change_of(diff, "torch").cause == Chain{"app", "torch"});
}

TEST_CASE("what conda begins to bring, pip's gives way to, by the names of the table") {
  Item pytorch = asked(item("pytorch", "2.5.1"));
  pytorch.provides = {"torch"};
  const Diff forth = compare(inventory("a", {wheel("torch", "2.5.1")}), inventory("b", {pytorch}));
  CHECK(change_of(forth, "torch").cause == Chain{"pytorch", "torch"});
  CHECK(change_of(forth, "torch").reason == "the conda part brings it now: `pytorch 2.5.1`");
  const Diff back = compare(inventory("a", {pytorch}), inventory("b", {wheel("torch", "2.5.1")}));
  CHECK(change_of(back, "torch").reason == "the conda part brings it no more: `pytorch 2.5.1` is gone");
}

TEST_CASE("a distribution follows what conda brings under another name, and what its extras add") {
  Item left = asked(item("pytorch", "2.4.0"));
  Item right = asked(item("pytorch", "2.5.1"));
  left.provides = right.provides = {"torch"};
  left.extras.emplace();
  right.extras = Chain{"opt"};
  right.extra_depends = {"opt-einsum>=3.3"};
  const Diff diff =
      compare(inventory("a", {left, wheel("vision", "0.19", {"torch==2.4.0"})}),
              inventory("b", {right, wheel("vision", "0.20", {"torch==2.5.1"}), wheel("opt-einsum", "3.4")}));
  CHECK(change_of(diff, "vision").cause == Chain{"pytorch", "vision"});
  CHECK(change_of(diff, "vision").reason == "the old build needs `torch==2.4.0`");
  CHECK(change_of(diff, "opt-einsum").cause == Chain{"pytorch", "opt-einsum"});
}

TEST_CASE("python moves what it is too new or too old for, and is moved by nothing of pip's") {
  const Diff diff = compare(
      inventory("a", {item("python", "3.11.9"), wheel("old", "1.0", {"python>=3.8,<3.12"}), wheel("new", "1.0")}),
      inventory("b", {item("python", "3.12.7"), wheel("old", "1.1"), wheel("new", "2.0", {"python>=3.12"})}));
  CHECK(change_of(diff, "python").cause.empty());
  CHECK(change_of(diff, "old").cause == Chain{"python", "old"});
  CHECK(change_of(diff, "new").cause == Chain{"python", "new"});
  CHECK(change_of(diff, "new").reason == "the new build needs `python>=3.12`");
}

TEST_CASE("what was asked before and after stands in the reason") {
  const Diff diff =
      compare(inventory("a", {asked(item("numpy", "1.26"), {"numpy 1.26.*"}), asked(item("x", "1"), {"x"})}),
              inventory("b", {asked(item("numpy", "2.0"), {"numpy >=2"})}));
  CHECK(change_of(diff, "numpy").reason == "asked for as `numpy >=2`, before as `numpy 1.26.*`");
  CHECK(change_of(diff, "x").reason == "no longer asked for; it was `x`");
}

TEST_CASE("without requests what came or went begins with the one that nothing else needed") {
  const Diff diff =
      compare(inventory("a", {item("lab", "1", "h_0", {"server"}), item("server", "1", "h_0", {"x", "y", "z"}),
                              item("x", "1"), item("y", "1"), item("z", "1")}),
              inventory("b", {}));
  CHECK(change_of(diff, "lab").cause.empty());
  CHECK(change_of(diff, "x").cause == Chain{"lab", "server", "x"});
  CHECK(names_in_order(diff) == Chain{"lab", "server", "x", "y", "z"});
}

TEST_CASE("packages that need each other do not go round in circles") {
  std::vector<Item> from{item("a", "1", "h_0", {"b 1"}), item("b", "1", "h_0", {"a 1"})};
  std::vector<Item> to{item("a", "2", "h_0", {"b 2"}), item("b", "2", "h_0", {"a 2"})};
  const Diff diff = compare(inventory("a", from), inventory("b", to));
  CHECK(change_of(diff, "a").cause.empty());
  CHECK(change_of(diff, "b").cause == Chain{"a", "b"});
}
