#pragma once

#include <system_error>
#include <thread>
#include <utility>

#include "envlock/core/diagnostic.h"

namespace envlock::probe {

/// Starts a thread.
/// Throws: Error "thread-refused" when the system gives no more of them, or no memory for its stack.
template <typename Function>
std::thread start_thread(Function&& function) {
  try {
    return std::thread(std::forward<Function>(function));
  } catch (const std::system_error& error) {
    throw core::Error(
        {.code = "thread-refused",
         .what = "the system does not start as many threads as the probe should use",
         .where = std::nullopt,
         .why = {error.code().message()},
         .hints = {"ask for fewer with `--threads`", "`ulimit -u` and `ulimit -v` show what limits them"}});
  }
}

}  // namespace envlock::probe
