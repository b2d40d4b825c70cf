#include "envlock/probe/machine.h"

#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "support/catch.h"

namespace envlock::probe {
namespace {

TEST_CASE("the allowed processors are those of the affinity mask") {
  const std::vector<int> allowed = allowed_processors();
  REQUIRE_FALSE(allowed.empty());
  CHECK(std::is_sorted(allowed.begin(), allowed.end()));
  CHECK(std::adjacent_find(allowed.begin(), allowed.end()) == allowed.end());
  CHECK(usable_threads() >= 1);
  CHECK(usable_threads() <= static_cast<int>(allowed.size()));
}

TEST_CASE("a thread can be bound to each allowed processor, and to no other") {
  for (const int processor : allowed_processors()) {
    std::thread([processor] {
      REQUIRE(pin_to_processor(processor));
      CHECK(sched_getcpu() == processor);
      CHECK(allowed_processors() == std::vector<int>{processor});
      CHECK(usable_threads() == 1);
    }).join();
  }
  std::thread([] {
    CHECK_FALSE(pin_to_processor(-1));
    CHECK_FALSE(pin_to_processor(1 << 20));
  }).join();
}

TEST_CASE("the processor's name is one line of printable text") {
  const std::string name = processor_name();
  CHECK_FALSE(name.empty());
  for (const char letter : name) CHECK(static_cast<unsigned char>(letter) >= 0x20);
}

TEST_CASE("variables that change numerics are kept, sorted, and no others") {
  setenv("OPENBLAS_CORETYPE", "Nehalem\n\x1b[31m", 1);
  setenv("MKL_CBWR", "COMPATIBLE", 1);
  setenv("ENVLOCK_TEST_SECRET", "hunter2", 1);
  const auto variables = numeric_environment();
  CHECK(std::is_sorted(variables.begin(), variables.end()));
  const auto value = [&](const std::string& name) {
    const auto found = std::find_if(variables.begin(), variables.end(), [&](auto& each) { return each.first == name; });
    return found == variables.end() ? std::string("absent") : found->second;
  };
  CHECK(value("MKL_CBWR") == "COMPATIBLE");
  CHECK(value("OPENBLAS_CORETYPE").rfind("Nehalem", 0) == 0);
  for (const char letter : value("OPENBLAS_CORETYPE")) CHECK(static_cast<unsigned char>(letter) >= 0x20);
  CHECK(value("ENVLOCK_TEST_SECRET") == "absent");
  CHECK(value("HOME") == "absent");
  unsetenv("OPENBLAS_CORETYPE");
  unsetenv("MKL_CBWR");
  unsetenv("ENVLOCK_TEST_SECRET");
}

}  // namespace
}  // namespace envlock::probe
