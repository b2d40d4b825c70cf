#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace envlock::tools {

/// What a program that ran and ended left.
struct Ran {
  int exit_code = 0;  ///< 128 + the signal when one ended it
  std::string output;
  std::string errors;  ///< the beginning of its standard error
};

/// Runs a program found on PATH, without a shell, its standard input empty, and reads what it prints. Absent when there
/// is no such program, or when it took longer than the time given.
std::optional<Ran> run_program(const std::vector<std::string>& words, const std::string& folder,
                               double timeout_seconds);

/// The last lines of what a program said, at most `most`, on one line and safe to show.
std::string last_lines(const std::string& text, std::size_t most);

/// A descriptor from 3 to 9 that nobody handed down to us, so that a child may have it; STDERR_FILENO when there is
/// none.
int free_descriptor();

/// What a command that ran and ended left.
struct RanInForeground {
  int exit_code = 0;  ///< 128 + the signal when one ended it
  std::string told;   ///< what it wrote to `tell_on`
};

/// Replaces nothing: starts `words` as a child that has our standard streams, passes signals on to it, and waits. The
/// child gets SIGTERM when we die before it. `tell_on`: a descriptor of the child that leads to us; STDERR_FILENO: none
/// does. Throws: core::Error "command-not-found", "child-failed".
RanInForeground run_in_foreground(const std::vector<std::string>& words, const std::vector<std::string>& environment,
                                  int tell_on);

}  // namespace envlock::tools
