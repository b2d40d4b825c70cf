#pragma once

#include <curl/curl.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "job.h"

namespace envlock::fetch {

/// The event loop: runs jobs over one libcurl multi handle, at most `parallel` transfers at once, and keeps the
/// connections for the next ones. One thread at a time drives it; wake() may be called from any.
class Loop {
 public:
  explicit Loop(int parallel);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void add(Job& job) { ready_.push_back(&job); }
  /// Works for a moment, or waits for something to do. `ended` gets each job that is done.
  void step(const std::function<void(Job&)>& ended);
  void wake();

 private:
  struct Sleeper {
    Job::Clock::time_point due;
    std::size_t order;  ///< ties wake in the order of falling asleep
    Job* job;
  };
  void start_ready(const std::function<void(Job&)>& ended);
  void collect(const std::function<void(Job&)>& ended);
  void wake_sleepers();
  int milliseconds_to_wait() const;
  /// Made with the first transfer: what comes from folders needs no libcurl.
  void begin();

  std::atomic<CURLM*> multi_{nullptr};
  std::atomic<bool> woken_{false};
  std::size_t parallel_;
  std::deque<Job*> ready_;
  std::vector<Sleeper> sleepers_;
  std::map<CURL*, Job*> running_;
  std::size_t order_ = 0;
};

}  // namespace envlock::fetch
