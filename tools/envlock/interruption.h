#pragma once

#include <array>
#include <csignal>
#include <utility>

namespace envlock::tools {

/// Ctrl-C ends the program at once, with a word about it and exit code 130. Who starts us with Ctrl-C ignored (nohup, a
/// shell's background job) wants it to stay so.
void end_at_interrupts();

/// While one lives, the first SIGINT, SIGTERM or SIGHUP only asks to stop, and a second one ends the program at once.
class StopRequests {
 public:
  StopRequests();
  ~StopRequests();
  StopRequests(const StopRequests&) = delete;
  StopRequests& operator=(const StopRequests&) = delete;

  /// The signal that asked, from the first on; 0: none did. From any thread.
  static int signal();

 private:
  static constexpr std::array<int, 3> kSignals{SIGINT, SIGTERM, SIGHUP};
  std::array<struct sigaction, 3> before_{};
};

}  // namespace envlock::tools
