#include "pool.h"

#include "start_thread.h"

namespace envlock::probe {
namespace {

/// How often a thread looks again before it lets the system run something else, and before it sleeps. Spinning for long
/// would cost more than it gains on a machine that has other work.
constexpr int kLooksBeforeYield = 200;
constexpr int kYieldsBeforeSleep = 50;

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// Between two looks at something that another thread is about to do: that thread may need this processor.
void pause(int looks) {
  if (looks < kLooksBeforeYield) {
    relax();
  } else {
    std::this_thread::yield();
  }
}

}  // namespace

Pool::Pool(int threads, std::function<bool()> side_work, const std::function<void(int thread)>& enter)
    : threads_(threads < 1 ? 1 : threads), side_work_(std::move(side_work)) {
  try {
    for (int thread = 1; thread < threads_; ++thread) {
      workers_.push_back(start_thread([this, thread, &enter] {
        enter(thread);
        entered_.fetch_add(1);
        entered_.notify_one();
        worker(thread);
      }));
    }
  } catch (...) {
    wait_until_entered();  // they read `enter`
    stop();
    throw;
  }
  wait_until_entered();
}

Pool::~Pool() {
  stop();
}

void Pool::wait_until_entered() {
  const int workers = static_cast<int>(workers_.size());
  for (int seen = entered_; seen < workers; seen = entered_) entered_.wait(seen);
}

void Pool::stop() {
  stop_ = true;
  job_.fetch_add(2);
  job_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void Pool::take_parts(int thread) {
  if (assignment_ == Assignment::own_thread) {
    part_(thread, thread);
    done_.fetch_add(1, std::memory_order_release);
    return;
  }
  for (int part = next_part_.fetch_add(1); part < parts_; part = next_part_.fetch_add(1)) {
    part_(part, thread);
    done_.fetch_add(1, std::memory_order_release);
  }
}

void Pool::start(int parts, Assignment assignment, PartFunction part) {
  if (parts == 1 && assignment == Assignment::any_thread) {
    part(0, 0);
    return;
  }
  // A worker that woke late for the job before may still be looking at its fields.
  for (int looks = 0; inside_.load() != 0; ++looks) pause(looks);
  part_ = part;
  parts_ = parts;
  assignment_ = assignment;
  next_part_.store(0, std::memory_order_relaxed);
  done_.store(0, std::memory_order_relaxed);
  job_.fetch_add(1);
  job_.notify_all();
  take_parts(0);
  for (int looks = 0; done_.load(std::memory_order_acquire) < parts; ++looks) {
    if (side_work_()) {
      looks = 0;
    } else {
      pause(looks);
    }
  }
  job_.fetch_add(1);
}

void Pool::run(int parts, PartFunction part) {
  start(parts, Assignment::any_thread, part);
}

void Pool::run_on_each(PartFunction part) {
  start(threads_, Assignment::own_thread, part);
}

void Pool::finish_side_work() {
  start(threads_, Assignment::own_thread, [this](int, int) {
    while (side_work_()) {
    }
  });
}

void Pool::worker(int thread) {
  std::uint32_t seen = 0;
  for (int looks = 0; !stop_;) {
    std::uint32_t job = job_.load();
    if (job % 2 == 1 && job != seen) {
      // Inside first, then look again: whoever closes the job does it in the other order, so one of us sees the other.
      inside_.fetch_add(1);
      job = job_.load();
      if (job % 2 == 1 && job != seen) {
        seen = job;
        take_parts(thread);
      }
      inside_.fetch_sub(1);
      looks = 0;
    } else if (side_work_()) {
      looks = 0;
    } else if (++looks < kLooksBeforeYield) {
      relax();
    } else if (looks < kLooksBeforeYield + kYieldsBeforeSleep) {
      std::this_thread::yield();
    } else {
      job_.wait(job);
    }
  }
}

}  // namespace envlock::probe
