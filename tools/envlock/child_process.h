#pragma once

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

/// Replaces nothing: starts `words` as a child that has our standard streams, passes signals on to it, and waits.
/// Returns its exit code, 128 + the signal when one ended it.
/// Throws: core::Error "command-not-found", "child-failed".
int run_in_foreground(const std::vector<std::string>& words, const std::vector<std::string>& environment);

}  // namespace envlock::tools
