#define CATCH_CONFIG_RUNNER
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <vector>

#include "support/catch.h"
#include "support/golden.h"

namespace envlock_test {
namespace {
bool g_update = false;
}
bool updating() {
  return g_update;
}
}  // namespace envlock_test

int main(int argc, char** argv) {
  std::vector<char*> arguments;
  for (int i = 0; i < argc; ++i) {
    if (std::strcmp(argv[i], "--update") == 0) {
      envlock_test::g_update = true;
    } else {
      arguments.push_back(argv[i]);
    }
  }
  if (envlock_test::g_update && std::getenv("CI") != nullptr) {
    std::cerr << "--update is refused where CI is set: golden files are changed by people\n";
    return 2;
  }
  return Catch::Session().run(static_cast<int>(arguments.size()), arguments.data());
}
