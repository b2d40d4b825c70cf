#include "envlock/core/shared_library.h"

#include "envlock/core/diagnostic.h"
#include "support/catch.h"

using namespace envlock;

TEST_CASE("a library is loaded when it is asked for, and its functions are found") {
  const core::SharedLibrary library("libc.so.6", "to count");
  int (*absolute)(int) = nullptr;
  library.find("abs", absolute);
  CHECK(absolute(-3) == 3);
}

TEST_CASE("a library or a function that is not there is told, with what it was needed for") {
  const auto refusal = [](const auto& action) {
    try {
      action();
    } catch (const core::Error& error) {
      return error.diagnostics().front().code + ": " + error.diagnostics().front().what;
    }
    return std::string("nothing");
  };
  CHECK(refusal([] { core::SharedLibrary("libno-such.so.7", "to dream"); }) ==
        "library-missing: `libno-such.so.7` cannot be loaded, which is needed to dream");
  CHECK(refusal([] {
          void (*function)() = nullptr;
          core::SharedLibrary("libc.so.6", "to count").find("no_such_function", function);
        }) == "library-missing: `libc.so.6` cannot be loaded, which is needed to count");
}
