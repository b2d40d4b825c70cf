// The threads of one CPU run. Ops are cut into parts, which the threads take in turn; a thread that finds no part left
// does side work (hashing) instead of waiting, so that hashing fills the gaps of the computation.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace envlock::probe {

/// A callable with two ints, by reference: it must outlive the call that takes it.
class PartFunction {
 public:
  template <typename Callable>
  PartFunction(const Callable& callable)  // NOLINT(google-explicit-constructor): made at every call
      : object_(&callable),
        call_([](const void* object, int part, int thread) { (*static_cast<const Callable*>(object))(part, thread); }) {
  }
  PartFunction() = default;
  void operator()(int part, int thread) const { call_(object_, part, thread); }

 private:
  const void* object_ = nullptr;
  void (*call_)(const void*, int, int) = nullptr;
};

class Pool {
 public:
  /// `side_work` does one small piece and says whether there was one; it is called from any thread at any time.
  /// `enter` is the first thing that every thread but the caller's runs. Neither may throw, and no part either.
  /// Throws: Error "thread-refused".
  Pool(int threads, std::function<bool()> side_work, const std::function<void(int thread)>& enter);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int threads() const { return threads_; }
  /// Runs part(0 .. parts-1, thread), each once, and returns when all are done.
  void run(int parts, PartFunction part);
  /// Runs part(t, t) on each thread t.
  void run_on_each(PartFunction part);
  /// Does side work on every thread until there is none.
  void finish_side_work();

 private:
  enum class Assignment { any_thread, own_thread };
  void start(int parts, Assignment assignment, PartFunction part);
  void take_parts(int thread);
  void worker(int thread);
  void wait_until_entered();
  void stop();

  int threads_;
  std::function<bool()> side_work_;
  std::vector<std::thread> workers_;
  std::atomic<int> entered_{0};  ///< workers that have run `enter`

  // The fields of one job. They are written only while the job is closed and no worker is inside.
  PartFunction part_;
  int parts_ = 0;
  Assignment assignment_ = Assignment::any_thread;
  std::atomic<int> next_part_{0};
  std::atomic<int> done_{0};

  std::atomic<std::uint32_t> job_{0};  ///< odd: a job is open; even: none is
  std::atomic<int> inside_{0};         ///< workers that may read the fields of a job
  std::atomic<bool> stop_{false};
};

}  // namespace envlock::probe
