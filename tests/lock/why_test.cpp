#include "envlock/lock/pip_graph.h"
#include "pip_fixtures.h"
#include "support/catch.h"

using namespace envlock_test;

using Lines = std::vector<std::string>;

TEST_CASE("why tells the shortest chain from a request, then every direct dependent") {
  const auto reason = lock::why(small_lock(), "linux-64", "libblas");
  REQUIRE(reason.has_value());
  CHECK(reason->chain == Lines{"numpy >=1.26,<3 (requested)", "numpy 1.26.4 needs libblas >=3.9,<4.0a0"});
  CHECK(reason->dependents == Lines{"numpy"});
}

TEST_CASE("why of a requested package is the request itself") {
  const auto reason = lock::why(small_lock(), "linux-aarch64", "python");
  REQUIRE(reason.has_value());
  CHECK(reason->chain == Lines{"python 3.12.* (requested)"});
  CHECK(reason->dependents == Lines{"numpy", "pip", "setuptools"});
}

TEST_CASE("why names what implied a request") {
  CHECK(lock::why(small_lock(), "linux-64", "setuptools")->chain ==
        Lines{"pip (implied by python)", "pip 24.3.1 needs setuptools"});
}

TEST_CASE("why of something that is not locked is absent") {
  CHECK_FALSE(lock::why(small_lock(), "linux-64", "scipy").has_value());
  CHECK_FALSE(lock::why(small_lock(), "osx-64", "numpy").has_value());
}

TEST_CASE("why of a distribution leads from its line, over extras, to what needs it") {
  const lock::Lock read = pip_lock();
  const auto reason = lock::why_distribution(read, "linux-64", "filelock");
  REQUIRE(reason.has_value());
  CHECK(reason->chain == Lines{"torch<3 (requested under pip:)", "torch 2.5.1 needs filelock"});
  CHECK(reason->dependents == Lines{"torch", "wandb"});
  CHECK(lock::why_distribution(read, "linux-64", "wandb")->chain == Lines{"wandb (requested under pip:)"});
  CHECK_FALSE(lock::why_distribution(read, "linux-64", "colorama").has_value());
}

TEST_CASE("why of a conda package counts the distributions that need what it brings") {
  const auto reason = lock::why(pip_lock(), "linux-64", "numpy");
  REQUIRE(reason.has_value());
  CHECK(reason->chain == Lines{"numpy >=1.26,<3 (requested)"});
  CHECK(reason->dependents == Lines{"torch"});
  // Nobody asks conda for numpy here: the line of `pip:` is what it is there for.
  lock::Lock read = pip_lock();
  std::erase_if(read.requests, [](const auto& request) { return request.spec.name == "numpy"; });
  CHECK(lock::why(read, "linux-64", "numpy")->chain ==
        Lines{"torch[opt]>=2 (requested under pip:)", "torch[opt] 2.5.1 needs numpy>=1.26"});
}

TEST_CASE("of what a conda package brings, the lines of pip: are told, and where none leads there its own") {
  CHECK(lock::why_distribution(pip_lock(), "linux-64", "numpy")->chain ==
        Lines{"torch[opt]>=2 (requested under pip:)", "torch[opt] 2.5.1 needs numpy>=1.26"});
  CHECK(lock::why_distribution(pip_lock(), "linux-64", "numpy")->dependents == Lines{"torch"});
  CHECK(lock::why_distribution(pip_lock(), "linux-64", "pip")->chain == Lines{"pip (implied by pip:)"});
}

TEST_CASE("the marker of a need is told, and that of an extra by the extra") {
  lock::Lock read = pip_lock();
  for (lock::LockedDistribution& each : read.distributions) {
    if (each.name == "torch") each.requires_dist[0] = "filelock ; python_version >= '3.8'";
  }
  const auto reason = lock::why_distribution(read, "linux-64", "filelock");
  REQUIRE(reason.has_value());
  CHECK(reason->chain.back() == "torch 2.5.1 needs filelock ; python_version >= \"3.8\"");
  const auto graph = lock::pip_graph(read, read.platforms[0]);
  REQUIRE(lock::find_node(graph, "torch") != nullptr);
  CHECK(lock::find_node(graph, "torch")->needs.back().extra == "opt");
  CHECK(lock::find_node(graph, "torch")->needs.back().marker == "");
}

TEST_CASE("what a chain begins with is told as the lock has it") {
  const auto of_pip = lock::why_distribution(pip_lock(), "linux-64", "filelock");
  REQUIRE(std::holds_alternative<lock::PipLine>(of_pip->origin));
  CHECK(std::get<lock::PipLine>(of_pip->origin).text == "torch<3");
  const auto of_conda = lock::why(pip_lock(), "linux-64", "libblas");
  REQUIRE(std::holds_alternative<conda::Request>(of_conda->origin));
  CHECK(std::get<conda::Request>(of_conda->origin).spec.name == "numpy");
}

TEST_CASE("what an extra adds to what conda brings is there for that extra") {
  std::vector<lock::PlatformSolution> all = pip_solutions();
  all[0].provided_extras = {{"numpy", "1.26.4", "fast", {"speedy>=2"}}};
  all[0].distributions.push_back({distribution("speedy", "2.1", "py3-none-any"), {}});
  lock::PipInput input = envlock_test::pip_input();
  input.lines.push_back(pip_line("numpy[fast]"));
  const auto reason = lock::why_distribution(pip_lock(input, all), "linux-64", "speedy");
  REQUIRE(reason.has_value());
  CHECK(reason->chain == Lines{"numpy[fast] (requested under pip:)", "numpy[fast] 1.26.4 needs speedy>=2"});
  CHECK(reason->dependents == Lines{"numpy"});
}
