#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "envlock/core/progress.h"
#include "envlock/report/report.h"

namespace envlock::tools {

/// Shows on stderr how far long work is: bars on a terminal, plain lines elsewhere, and nothing at all for what takes
/// less than half a second. Thread-safe; costs a lock and a clock reading per call.
class ProgressBars : public core::Progress {
 public:
  enum class Mode { silent, lines, bars };

  ProgressBars(Mode mode, report::Style style);
  ~ProgressBars() override;
  using core::Progress::start;
  int start(const std::string& label, std::uint64_t total, Unit unit) override;
  void update(int task, std::uint64_t done, std::uint64_t total) override;
  void finish(int task) override;

  /// Takes the bars off the screen, before something else is written there; the next update draws them again.
  void clear();
  /// The same from a signal handler: touches nothing but the screen.
  static void clear_from_signal_handler() noexcept;

 private:
  using Clock = std::chrono::steady_clock;
  struct Task {
    std::string label;
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    Unit unit = Unit::bytes;
    Clock::time_point started;
    Clock::time_point told;
    bool announced = false;
  };

  void draw(Clock::time_point now);
  void erase();
  void tell(Task& task, Clock::time_point now);
  std::string bar(const Task& task, std::size_t label_width) const;

  const Mode mode_;
  const report::Style style_;
  std::mutex mutex_;
  std::map<int, Task> running_;  ///< by handle, so in order of start
  int next_ = 1;
  Clock::time_point began_;
  Clock::time_point drawn_;
};

}  // namespace envlock::tools
