#pragma once

#include <string>
#include <vector>

namespace envlock::tools {

/// What a child process left.
struct Finished {
  int exit_code = 0;  ///< of a child that ended by itself
  int signal = 0;     ///< that ended it; 0: none
  bool timed_out = false;
  std::string output;  ///< its standard output
};

/// Runs this program again in a fresh process, standard input and error closed to it, and reads what it prints.
/// Throws: core::Error "child-failed" when it cannot be started.
Finished run_self(const std::vector<std::string>& arguments, double timeout_seconds);

}  // namespace envlock::tools
