#include "envlock/core/parallel.h"

#include <atomic>
#include <stdexcept>
#include <vector>

#include "support/catch.h"

using namespace envlock::core;

TEST_CASE("every piece of work runs once, whatever the number of threads") {
  for (const std::size_t threads : {0, 1, 2, 7}) {
    std::vector<std::atomic<int>> runs(100);
    parallel_for(runs.size(), threads, [&](std::size_t i) { ++runs[i]; });
    for (const auto& count : runs) CHECK(count == 1);
  }
  parallel_for(0, 0, [](std::size_t) { FAIL("there is nothing to run"); });
}

TEST_CASE("of several failures the one with the lowest index is told, after all work has ended") {
  std::atomic<int> finished{0};
  try {
    parallel_for(20, 4, [&](std::size_t i) {
      ++finished;
      if (i % 5 == 3) throw std::runtime_error(std::to_string(i));
    });
    FAIL("no exception");
  } catch (const std::runtime_error& error) {
    CHECK(std::string(error.what()) == "3");
  }
  CHECK(finished == 20);
}
