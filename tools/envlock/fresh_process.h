#pragma once

#include <string>
#include <vector>

namespace envlock::tools {

/// What a child process left.
struct Finished {
  int exit_code = 0;  ///< of a child that ended by itself
  int signal = 0;     ///< that ended it; 0: none
  bool timed_out = false;
  std::string output;  ///< its answer
};

/// How this program is to be run again.
struct FreshProcess {
  std::vector<std::string> arguments;
  double timeout_seconds = 60;
  /// "NAME=value"; null: this process's.
  const std::vector<std::string>* environment = nullptr;
  /// Where it writes its answer: 1, or kAnswerDescriptor where foreign code runs in it that may print.
  int answer_descriptor = 1;
};
inline constexpr int kAnswerDescriptor = 3;

/// Runs this program again in a fresh process, standard input, error and what is not the answer closed to it, and reads
/// its answer. A child whose time is over is killed; what it wrote before is there.
/// Throws: core::Error "child-failed" when it cannot be started.
Finished run_self(const FreshProcess& process);

}  // namespace envlock::tools
